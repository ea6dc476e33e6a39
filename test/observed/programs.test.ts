import { expect, test } from 'vitest';
import type { HostReaders } from '../../src/model/ports.ts';
import { observe, type Scope } from '../../src/observed/observe.ts';
import { fakeHost } from '../fakes/host.ts';

/** What the look asks for, on a host whose user manager has this environment. */
async function askedFor(programs: Scope['programs'], environment: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin' }) {
  const host = fakeHost({ environment });
  const asked: Parameters<HostReaders['files']['find']>[0][] = [];
  let environments = 0;
  const readers: HostReaders = {
    ...host.readers,
    units: {
      ...host.readers.units,
      environment: () => {
        environments += 1;
        return host.readers.units.environment();
      },
    },
    files: {
      ...host.readers.files,
      find: (wanted) => {
        asked.push(wanted);
        return host.readers.files.find(wanted);
      },
    },
  };
  const { programs: found } = await observe(readers, host.facts, { programs, files: [], socket: 'mosaic' });
  return { asked, found, environments };
}

const own = '/home/tester/.config/mosaic/fleet/bin';

test('a program is looked for where its unit will look: our own folder, ~/.local/bin, the PATH of the user manager', async () => {
  const { asked, found } = await askedFor({ coder0: { command: 'pi', path: null } });
  expect(asked).toEqual([{ coder0: { command: 'pi', path: `${own}:/home/tester/.local/bin:/usr/bin:/bin` } }]);
  expect(found).toEqual({ known: true, value: { coder0: '/usr/bin/pi' } });
});

test('a PATH of its own replaces that of the user manager, never our own folder', async () => {
  const { asked } = await askedFor({ coder0: { command: 'pi', path: '/opt/bin' }, coder1: { command: 'pi', path: null } });
  expect(asked[0]).toMatchObject({
    coder0: { path: `${own}:/opt/bin` },
    coder1: { path: `${own}:/home/tester/.local/bin:/usr/bin:/bin` },
  });
});

test('a user manager without a PATH has the one that systemd falls back to', async () => {
  const { asked } = await askedFor({ coder0: { command: 'pi', path: null } }, {});
  expect(asked[0]?.coder0?.path).toBe(`${own}:/home/tester/.local/bin:/usr/local/bin:/usr/bin:/bin`);
});

test('a program that is nowhere is known to be missing', async () => {
  const host = fakeHost();
  host.missingPrograms.add('pi');
  const scope = { programs: { coder0: { command: 'pi', path: null } }, files: [], socket: 'mosaic' };
  expect((await observe(host.readers, host.facts, scope)).programs).toEqual({ known: true, value: { coder0: null } });
});

test('where no program is asked for, nobody is asked', async () => {
  expect(await askedFor({})).toMatchObject({ asked: [], environments: 0, found: { known: true, value: {} } });
});
