import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFiles } from '../../src/host/watch-files.ts';

/** Roots with one unit file, one environment file and one that is not ours; the watch is armed once it has told of a probe. */
async function watched() {
  const root = mkdtempSync(path.join(tmpdir(), 'muster-watch-'));
  const roots = { unitDir: path.join(root, 'units'), fleetDir: path.join(root, 'fleet'), stateDir: path.join(root, 'state') };
  for (const folder of [roots.unitDir, path.join(roots.fleetDir, 'agents')]) mkdirSync(folder, { recursive: true });
  const unit = path.join(roots.unitDir, 'mosaic-agent@.service');
  const environment = path.join(roots.fleetDir, 'agents/coder0.env');
  const other = path.join(roots.unitDir, 'backup.service');
  for (const file of [unit, environment, other]) writeFileSync(file, 'a\n');
  let told = 0;
  const end = await watchFiles(roots, () => {
    told += 1;
  });
  onTestFinished(async () => {
    await end();
    rmSync(root, { recursive: true, force: true });
  });
  let probes = 0;
  await expect
    .poll(() => {
      writeFileSync(path.join(roots.fleetDir, 'agents/probe.env'), String(probes++));
      return told;
    })
    .toBeGreaterThan(0);
  return { roots, unit, environment, other, told: () => told };
}

test.each<[string, (place: Awaited<ReturnType<typeof watched>>) => void]>([
  ['a unit file that is edited', ({ unit }) => appendFileSync(unit, 'b\n')],
  ['an environment file that is removed', ({ environment }) => unlinkSync(environment)],
  [
    'a file that another takes the place of',
    ({ roots, unit }) => {
      writeFileSync(path.join(roots.unitDir, 'mosaic-agent@.service.swp'), 'c\n');
      renameSync(path.join(roots.unitDir, 'mosaic-agent@.service.swp'), unit);
    },
  ],
  [
    'a drop-in',
    ({ roots }) => {
      mkdirSync(path.join(roots.unitDir, 'mosaic-agent@coder0.service.d'));
      writeFileSync(path.join(roots.unitDir, 'mosaic-agent@coder0.service.d/muster.conf'), 'd\n');
    },
  ],
  [
    'a file in a directory that was not there before',
    ({ roots }) => {
      writeFileSync(path.join(roots.stateDir, 'suspensions/agent-coder0.json'), '{}\n');
    },
  ],
])('%s is told', async (_, change) => {
  const place = await watched();
  await quiet(place.told);
  const before = place.told();
  change(place);
  await expect.poll(place.told).toBeGreaterThan(before);
});

test('what is not ours is not told', async () => {
  const place = await watched();
  await quiet(place.told);
  const before = place.told();
  appendFileSync(place.other, 'b\n');
  writeFileSync(path.join(place.roots.unitDir, 'other.service'), 'c\n');
  // Later events come later: once this one is told, the others would have been.
  appendFileSync(place.environment, 'b\n');
  await expect.poll(place.told).toBeGreaterThan(before);
  await quiet(place.told);
  expect(place.told() - before).toBe(1);
});

/** Resolves once nothing was told for a while. */
async function quiet(told: () => number): Promise<void> {
  for (let before = -1; before !== told(); ) {
    before = told();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
