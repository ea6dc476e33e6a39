import { describe, expect } from 'vitest';
import { Controller } from './controller.ts';
import type { PrivateHost } from './host.ts';
import { type Agents, floor, roster } from './rosters.ts';
import { story } from './story.ts';

/**
 * What its role document has an enhancer do, without a model: looks at the fleet as JSON, asks why of whoever fails, writes a finding into
 * the repository, commits it alone, and reports it to whom the page on its fleet names as orchestrator.
 */
const enhancer = `
  import { execFileSync } from 'node:child_process';
  import { mkdirSync, readFileSync, existsSync, writeFileSync } from 'node:fs';
  const run = (program, args, more = {}) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...more });
  const muster = (...args) => JSON.parse(run('muster', [...args, '--json']));
  const orchestrator = /^\\| (\\S+) \\| orchestrator \\|/m.exec(readFileSync(process.env.MOSAIC_FLEET_FILE, 'utf8'))[1];
  const turn = () => {
    const ps = muster('ps');
    const ill = ps.agents.find(({ fleet, state }) => fleet === process.env.MOSAIC_FLEET && state === 'failed');
    const file = 'findings/2026-01-31-' + ill?.name + '-ends.md';
    if (ill === undefined || existsSync(ps.repository + '/' + file)) return;
    const { why, ended, desired } = muster('explain', ill.name);
    // It may be on its way up again by now.
    if (ended?.detail !== 'exit status 7') return;
    const { entries } = muster('history', ill.name);
    mkdirSync(ps.repository + '/findings', { recursive: true });
    writeFileSync(ps.repository + '/' + file, [
      '# ' + ill.name + ' ends again and again', '', 'State: open', '',
      'Seen: ' + ill.state + ', ' + ended.cause + ' (' + ended.detail + '), revision ' + ps.revision + '.',
      ...why.map(({ code, text }) => '- ' + code + ': ' + text),
      'Since then: ' + entries.length + ' entries in the history.',
      'Remedy: another runtime than ' + desired.runtime + ' in ' + desired.file + ' line ' + desired.line + '.', '',
    ].join('\\n'));
    run('git', ['add', file], { cwd: ps.repository });
    run('git', ['commit', '-q', '-m', 'Finding: ' + ill.name + ' ends again and again', '--', file], { cwd: ps.repository });
    const receipt = muster('send', orchestrator, 'Urgent: ' + file, '--verify');
    writeFileSync(process.env.HOME + '/receipt.json', JSON.stringify(receipt));
  };
  for (;;) {
    try { turn(); } catch (error) { console.error(error); }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
`;

const runtimes = {
  scripted: { command: 'sh', args: ['-c', `exec "${process.execPath}" ~/enhancer.mjs`] },
  failing: { command: 'sh', args: ['-c', 'echo "no such model"; exit 7'] },
};
const agents: Agents = {
  ...floor,
  orchestrator: { class: 'orchestrator', runtime: 'stub' },
  enhancer: { class: 'enhancer', runtime: 'scripted' },
  coder0: { class: 'implementer', runtime: 'failing' },
};

const receiptOf = (host: PrivateHost) =>
  host.waitFor('the enhancer to report', async () => (await host.readFile('receipt.json')) ?? undefined, 120_000);

describe('the enhancer looks after its fleet', () => {
  story(
    'from its pane it finds who fails and why, files that, and the orchestrator hears of it; nobody is restarted for it',
    async (host) => {
      await host.must(['git', 'config', '--global', 'user.name', 'Operator']);
      await host.must(['git', 'config', '--global', 'user.email', 'operator@example.internal']);
      await host.writeFiles({ 'enhancer.mjs': enhancer });
      await host.commit({ 'rosters/coding.yaml': roster(agents, { runtimes }) });
      const controller = new Controller(host);
      await controller.told('that it follows', ({ binding }) => binding !== null);
      const before = [await host.back('orchestrator'), await host.back('enhancer')];

      const receipt = JSON.parse(await receiptOf(host)) as { readonly agent: string; readonly state: string };
      expect(receipt).toMatchObject({ agent: 'orchestrator', state: expect.stringMatching(/^(submitted|turn-started)$/) });
      const heard = await host.readFile(`${host.runtimeDir}/mosaic/agents/orchestrator/transcript.jsonl`);
      expect(heard).toContain('[from enhancer, id ');
      expect(heard).toContain('Urgent: findings/2026-01-31-coder0-ends.md');

      const finding = (await host.readFile('fleet/findings/2026-01-31-coder0-ends.md')) ?? '';
      expect(finding).toContain('crashed (exit status 7)');
      expect(finding).toContain('Remedy: another runtime than failing in rosters/coding.yaml line');
      expect(await host.git('log', '-1', '--format=%an: %s', '--name-only')).toBe(
        'Operator: Finding: coder0 ends again and again\n\nfindings/2026-01-31-coder0-ends.md\n',
      );
      const filed = (await host.git('rev-parse', 'HEAD')).trim();
      await controller.told(
        'that it follows the finding',
        ({ attempted }) => attempted?.revision === filed && attempted.outcome === 'admitted',
      );
      expect([await host.back('orchestrator'), await host.back('enhancer')]).toEqual(before);
      await controller.stop();
    },
  );
});
