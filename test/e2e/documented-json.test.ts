import { beforeAll, describe, expect, test } from 'vitest';
import { outputErrors } from '../docs/output.ts';
import { codeWords, page, rowsBelow } from '../docs/page.ts';
import { typeInto } from '../docs/private-shell.ts';

const cli = page('docs/cli.md');

const roster = (agents: string, more = ''): string => `cat > rosters/day.yaml <<'END'
version: 1
${more}runtimes:
  toy: { command: sleep, args: [infinity] }
defaults: { runtime: toy }
agents:
${agents}
END`;

const floor = (orchestrator: string): string => `  - { name: ${orchestrator}, class: orchestrator }
  - { name: enhancer, class: enhancer }`;
const later = '  - { name: coder0, on_change: next-start';

/** Private hosts have no journal. */
const journalctl = `cat > bin/journalctl <<'END'
#!/bin/sh
echo '{"__REALTIME_TIMESTAMP":"1767312000000000","PRIORITY":"3","SYSLOG_IDENTIFIER":"sh","MESSAGE":"it ends"}'
END
true`;

/** One host that has something to tell in every field: a handover, drift, pending, unknown, waiting, failed, unrostered. */
const story: readonly (readonly [name: string, text: string, status?: number])[] = [
  ['', 'mkdir -p fleet/rosters; cd fleet; git init -q'],
  ['', roster(`${floor('mos')}\n${later} }`)],
  ['', 'git add -A; git commit -qm one'],
  ['', 'muster apply --yes -q'],
  ['validate', 'muster validate --json'],
  ['', 'systemctl --user stop mosaic-agent@enhancer.service; systemctl --user mask mosaic-agent@masked.service'],
  ['', 'systemctl --user start mosaic-agent@mos.service; tmux -L mosaic new-session -d -s elsewhere'],
  ['', `${roster(`${floor('boss')}\n${later}, model_hint: x }\n  - { name: masked }`)}`],
  ['plan', 'muster plan --worktree --json', 1],
  ['', roster(`${floor('boss')}\n${later}, model_hint: x }\n  - { name: failing, working_directory: /nowhere }`)],
  ['', 'git commit -qam two'],
  ['apply', 'muster apply --yes --json 2>/dev/null', 1],
  ['', 'systemctl --user reset-failed mosaic-agent@failing; systemctl --user start --no-block mosaic-agent@failing'],
  [
    'waiting',
    // It is given up within seconds.
    'until { systemctl --user reset-failed mosaic-agent@failing; systemctl --user start --no-block mosaic-agent@failing; } >&/dev/null; muster plan --json > plan.json; grep -A1 \'"waiting"\' plan.json | grep -q failing; do :; done; cat plan.json',
  ],
  [
    '',
    'systemctl --user enable --quiet mosaic-agent@ghost.service; tmux -L mosaic set-option -t =elsewhere: @muster_agent stray',
  ],
  ['ps', 'muster ps --json --snapshot snapshot.json'],
  ['snapshot', 'cat snapshot.json'],
  ['watched', 'muster ps --watch --json | head -n 1'],
  ['doctor', 'chmod 644 ~/.config/mosaic/fleet/agents/coder0.env; muster doctor --json', 1],
  [
    'mended',
    'loginctl disable-linger; mkdir no; printf "#!/bin/sh\nexit 1\n" > no/loginctl; chmod +x no/loginctl; chmod a+rwx ~/.config/mosaic/fleet/agents; PATH=$PWD/no:$PATH muster doctor --fix --yes --json 2>/dev/null',
    1,
  ],
  ['', 'rm -r no; loginctl enable-linger'],
  ['suspend', 'muster suspend coder0 --for 2h --reason "to debug it" --json'],
  ['explain', 'muster explain coder0 --json'],
  ['resume', 'muster resume coder0 --json'],
  ['', roster(`${floor('boss')}\n${later}, working_directory: /nowhere }`)],
  ['', 'git commit -qam three; tmux -L mosaic kill-session -t =elsewhere'],
  ['', 'muster run >/dev/null 2>&1 & echo $! > controller.pid; until muster reconcile >/dev/null 2>&1; do sleep 0.1; done'],
  ['', 'systemctl --user stop mosaic-agent@coder0.service'],
  ['', 'until muster history coder0 | grep -q "stopped by hand"; do sleep 0.1; done'],
  ['reconcile', 'muster reconcile --json', 1],
  ['', 'git revert --no-edit HEAD >/dev/null; kill "$(cat controller.pid)"'],
  ['history', 'muster history --json'],
  ['healed', 'muster explain coder0 --json'],
  ['blind', 'XDG_RUNTIME_DIR=/nowhere muster ps --json 2>/dev/null', 1],
  ['', roster('  - { name: lonely }', 'fleet: ""\n')],
  ['refused', 'muster validate --worktree --json', 3],
  ['', 'git checkout -q rosters'],
  ['add', 'muster add helper --commit --start --yes --json 2>/dev/null', 1],
  ['init', 'muster init ../new --yes --json'],
  ['rehearse', 'muster rehearse ../new --json'],
  ['all', 'muster plan ../new --base HEAD --all-hosts --json'],
  ['install', 'muster install --json'],
  ['send', 'muster send enhancer hello --json'],
  ['inbox', 'muster inbox enhancer --json'],
  ['health', 'until muster connector health day --json > health.json; do sleep 0.2; done; cat health.json'],
  ['logs', `mkdir bin; ${journalctl}; chmod +x bin/journalctl; PATH=$PWD/bin:$PATH muster logs enhancer --json`],
  ['say', 'muster say "It is done." --fleet day --wait --json'],
  ['', 'muster send boss "Go on." --from operator >/dev/null'],
  ['chat', 'until muster chat day --json > chat.json && grep -q done chat.json; do sleep 0.2; done; cat chat.json'],
  ['update', 'muster update --dry-run --json'],
  ['uninstall', 'muster uninstall --yes --json 2>/dev/null'],
];

const told = new Map<string, unknown>();

beforeAll(() => {
  const outputs = typeInto(story.map(([, text, status = 0]) => ({ text, status })));
  for (const [index, [name]] of story.entries()) if (name !== '') told.set(name, JSON.parse(outputs[index] ?? ''));
});

describe('docs/cli.md tells every field of the JSON, and none that is not there:', () => {
  test.each([
    ['validate', ['validate'], []],
    ['plan', ['plan', 'waiting'], ['summary', 'diagnostics']],
    ['ps', ['ps', 'blind'], ['fleets[].conditions', 'controller.status']],
    ['explain', ['explain', 'healed'], ['plan']],
    ['history', ['history'], ['entries[].diagnostics']],
    ['reconcile', ['reconcile'], ['entries', 'status']],
    ['init', ['init'], ['diagnostics']],
    ['rehearse', ['rehearse'], []],
    ['add', ['add'], ['diagnostics', 'host.result']],
    ['doctor', ['doctor', 'mended'], ['summary']],
    ['suspend', ['suspend'], []],
    ['resume', ['resume'], []],
  ])('%s', (title, runs, open) => {
    expect(fieldsTold(title)).toEqual(fieldsOf(runs, open));
  });

  test('apply', () => {
    const actions = fieldsTold('plan').filter((field) => field.startsWith('actions[]'));
    const asResults = actions.map((field) => field.replace('actions', 'results'));
    const asLeft = actions.map((field) => field.replace('actions', 'left'));
    expect([...new Set([...fieldsTold('apply'), ...asResults, ...asLeft])].sort()).toEqual(fieldsOf(['apply'], []));
  });

  test('findings, also of a command that was refused', () => {
    const inPlan = fieldsOf(['plan', 'refused'], []).flatMap((field) => /^diagnostics\[\]\.(.*)$/.exec(field)?.[1] ?? []);
    expect(fieldsTold('Findings')).toEqual([...new Set(inPlan)].sort());
    expect(Object.keys(told.get('refused') ?? {})).toEqual(['format_version', 'diagnostics']);
  });

  test('the snapshot', () => {
    const { facts, ...snapshot } = told.get('snapshot') as Record<string, object>;
    const top = [...Object.keys(snapshot), ...Object.keys(facts ?? {}).map((key) => `facts.${key}`)];
    expect(fieldsTold('Snapshot')).toEqual(top.sort());
    for (const [part, fields] of Object.entries(snapshotParts)) {
      const row = rowsBelow(cli, 'Snapshot').find(([first]) => first === `\`${part}\``);
      const seen = fields(snapshot[part] as { value: Record<string, unknown> }).sort();
      expect(codeWords(row?.[1] ?? '')).toEqual(expect.arrayContaining(seen));
    }
  });
});

/** Definition of each, by the name of its run. */
const documents: Readonly<Record<string, string>> = {
  validate: 'validate',
  plan: 'plan',
  waiting: 'plan',
  all: 'plan_all_hosts',
  apply: 'apply',
  ps: 'ps',
  blind: 'ps',
  watched: 'ps',
  doctor: 'doctor',
  mended: 'doctor',
  suspend: 'suspend',
  resume: 'resume',
  explain: 'explain',
  healed: 'explain',
  reconcile: 'reconcile',
  history: 'history',
  refused: 'refusal',
  add: 'edit',
  init: 'init',
  rehearse: 'rehearse',
  install: 'install',
  send: 'send',
  inbox: 'inbox',
  snapshot: 'snapshot',
  logs: 'logs',
  say: 'say',
  chat: 'chat',
  health: 'connector_health',
  update: 'update',
  uninstall: 'uninstall',
};

describe('what is printed fits docs/output.schema.json, and every field of it is told there:', () => {
  test.each(Object.entries(documents))('%s is a %s', (run, definition) => {
    expect(outputErrors(definition, told.get(run))).toEqual([]);
  });

  test('all that is told', () => {
    expect([...told.keys()].toSorted()).toEqual(Object.keys(documents).toSorted());
  });
});

const keysOfAll = (values: readonly unknown[]): string[] => [...new Set(values.flatMap((value) => Object.keys(value as object)))];

const snapshotParts: Readonly<Record<string, (part: { value: Record<string, unknown> }) => string[]>> = {
  files: ({ value }) => keysOfAll(Object.values(value)),
  units: ({ value }) => keysOfAll(Object.values(value)),
  tmux: ({ value }) => [...Object.keys(value), ...keysOfAll(value.sessions as unknown[])],
  records: ({ value }) => keysOfAll(Object.values(value)),
  admitted: ({ value }) => Object.keys(value).filter((key) => key !== 'format_version'),
};

/** Names in the first column of the field tables of a section. */
function fieldsTold(title: string): string[] {
  const rows = rowsBelow(cli, title).filter(([first]) => !first?.includes('--'));
  return [...new Set(rows.flatMap(([first]) => codeWords(first ?? '')))].sort();
}

/** Paths of all fields that the runs gave: `a`, `a[].b`; what is below the `open` ones is not looked at. */
function fieldsOf(runs: readonly string[], open: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (open.includes(path)) return;
    if (Array.isArray(value)) for (const item of value) visit(item, `${path}[]`);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        const below = path === '' ? key : `${path}.${key}`;
        found.add(below);
        visit(inner, below);
      }
    }
  };
  for (const run of runs) visit(told.get(run), '');
  return [...found].sort();
}
