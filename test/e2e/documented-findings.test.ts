import { beforeAll, describe, expect, test } from 'vitest';
import { page } from '../docs/page.ts';
import { typeInto } from '../docs/private-shell.ts';

const diagnostics = page('docs/diagnostics.md');

const zoo = (runtime: string): string => `cat > rosters/zoo.yaml <<'END'
version: 1
profile: minimal
runtimes: { nosuch: { command: nosuch } }
agents:
  - name: parrot
    runtime: ${runtime}
END`;

const env = '~/.config/mosaic/fleet/agents/canary.env';
const template = '~/.config/systemd/user/mosaic-agent@.service';

const holdLock = [
  'const { sessionBus } = require(process.env.MUSTER + "/node_modules/dbus-next");',
  'const bus = sessionBus({ busAddress: process.env.DBUS_SESSION_BUS_ADDRESS });',
  'bus.requestName("org.mosaic.Muster1.Writer", 4).then(() => console.log("held"));',
].join(' ');

/** As in the pane of an agent. */
const pane = 'MOSAIC_AGENT=canary MOSAIC_INVOCATION=here MOSAIC_RUN=$PWD';

/** Situations on one host, one after another; a step with a code ends with what the page shows under it. */
const story: readonly (readonly [code: string, text: string, status?: number])[] = [
  [
    '',
    'mkdir -p fleet/rosters; cd fleet; git init -q -b main; cp "$MUSTER"/rosters/presets/local-canary.yaml rosters/canary.yaml',
  ],
  ['', 'git add rosters; git commit -qm "Add the canary fleet"; muster plan --out fleet.plan'],
  ['usage', 'muster apply', 4],
  ['host/no-bus', 'XDG_RUNTIME_DIR=/nowhere muster plan', 1],
  ['', 'mkdir bin; for p in git node sh env muster; do ln -s "$(command -v $p)" bin/; done'],
  ['host/no-tmux', 'PATH=$PWD/bin muster plan', 1],
  ['', 'tmux -L mosaic new-session -d -s mine'],
  ['tmux/foreign-server', 'muster plan', 1],
  ['', 'tmux -L mosaic kill-server; until muster apply --yes; do :; done'],
  ['plan/stale', 'muster apply --plan fleet.plan', 1],
  ['', 'systemctl --user mask mosaic-agent@canary.service; systemctl --user stop mosaic-agent@canary.service'],
  ['unit/masked', 'muster plan', 1],
  ['apply/failed', 'muster apply --yes', 1],
  ['', 'systemctl --user unmask mosaic-agent@canary.service; tmux -L mosaic new-session -d -s canary'],
  ['session/foreign', 'muster plan', 1],
  ['', `tmux -L mosaic kill-session -t =canary; cp ${env} saved; sed -i 1d ${env}`],
  ['file/foreign', 'muster plan', 1],
  ['', `sed 's/format_version=1.0/format_version=2.0/' saved > ${env}`],
  ['file/newer-format', 'muster plan', 1],
  ['', `cp saved ${env}; chmod 0 ~/.config/mosaic/fleet/agents`],
  ['host/unreadable', 'muster plan', 1],
  ['', `chmod 700 ~/.config/mosaic/fleet/agents; cp ${template} saved; sed -i '/X-Muster/,/^$/d' ${template}`],
  ['unit/foreign', 'muster plan', 1],
  ['', `cp saved ${template}; ${zoo('nosuch')}`],
  ['runtime/missing', 'muster plan --worktree', 1],
  [
    '',
    'rm rosters/zoo.yaml; muster apply --yes; rm -r ~/.local/state/mosaic; systemctl --user enable --quiet mosaic-agent@ghost',
  ],
  ['adopt/needed', 'muster plan'],
  ['', `node -e '${holdLock}' > held & until grep -qs held held; do :; done`],
  ['apply/locked', 'muster apply --yes', 1],
  ['', 'kill %1; muster apply --yes'],
  ['name/unknown', 'muster suspend canry', 1],
  ['', 'until muster watch canary >/dev/null; do :; done; tmux -L mosaic set-option -t =canary: @muster_incarnation elsewhere'],
  ['agent/no-session', 'muster watch canary', 11],
  ['', 'systemctl --user stop mosaic-agent@canary.service'],
  ['agent/down', 'muster watch canary', 10],
  ['logs/unreadable', 'PATH=$PWD/bin muster -q logs canary', 1],
  ['', 'systemctl --user start mosaic-agent@canary.service'],
  ['controller/not-running', 'muster reconcile', 1],
  ['edit/denied', 'muster remove enhancer', 3],
  ['', 'echo >> rosters/canary.yaml'],
  ['edit/not-committed', 'muster add canary2 --commit', 1],
  ['', 'git checkout -q rosters'],
  ['message/text', "muster send canary ' '", 4],
  ['connector/unfit', 'muster connector serve research', 78],
  ['connector/login', 'muster connector login local-canary', 1],
  ['heartbeat/no-agent', 'muster heartbeat --state busy', 7],
  ['heartbeat/state', `${pane} muster heartbeat --state thinking`, 4],
  ['heartbeat/event', `echo nonsense | ${pane} muster heartbeat`, 4],
  ['', 'git tag v1'],
  ['git/no-branch', 'muster run --once --ref v1', 1],
  ['', 'muster install; git checkout -qb other; git commit -q --allow-empty -m "Elsewhere"'],
  ['apply/controlled', 'muster apply --yes', 1],
];

describe('docs/diagnostics.md shows what is said of a host:', () => {
  const codes = story.flatMap(([code]) => (code === '' ? [] : [code]));
  let outputs: ReadonlyMap<string, string>;

  beforeAll(() => {
    const said = typeInto(story.map(([, text, status = 0]) => ({ text, status })));
    outputs = new Map(story.map(([code], index) => [code, said[index] ?? '']));
  });

  test.each(codes)('%s', (code) => {
    const shown = diagnostics.blocks.find(({ language, sections }) => language === 'text' && sections.at(-1) === `\`${code}\``);
    const heard = (outputs.get(code) ?? '')
      .replaceAll('/run/home/', '/home/jason/')
      .replace(/process \d+ \(.*\)/, 'process 4711 (busctl)')
      .replace(/\(process \d+\)/, '(process 4711)')
      .replace(/at [0-9a-f]{12}, and this is [0-9a-f]{12}/, 'at d57dedd88ae2, and this is 1f0c3b8a9e11');
    expect(shown?.text.trimEnd()).toMatch(`[${code}]`);
    expect(heard).toContain(shown?.text);
  });

  test('every other example on the page is tried elsewhere', () => {
    const roster = diagnostics.blocks.filter(({ language }) => language === 'yaml').map(({ sections }) => sections.at(-1));
    const withText = diagnostics.blocks.filter(({ language }) => language === 'text').map(({ sections }) => sections.at(-1));
    const here = codes.map((code) => `\`${code}\``);
    const left = withText.filter((title) => !roster.includes(title) && !here.includes(title ?? ''));
    // The first five in test/docs/diagnostics.test.ts; the last shows no output.
    expect(left).toEqual(
      [
        'git/not-a-repository',
        'git/no-commit',
        'git/unknown-revision',
        'git/no-rosters',
        'apply/lock-lost',
        'plan/format',
        'snapshot/format',
        'prune/mass',
      ]
        .map((code) => `\`${code}\``)
        .sort((a, b) => withText.indexOf(a) - withText.indexOf(b)),
    );
  });
});
