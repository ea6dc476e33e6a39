import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Block, page } from '../docs/page.ts';
import { packageRoot, type Step, stepsOf, typeInto } from '../docs/private-shell.ts';

const readme = page('README.md');
const cli = page('docs/cli.md');

/** Blocks that install what is there already, or need a terminal: each has its own test below. */
const elsewhere = [/^npm run quickstart/, /^npm run build\nnpm install -g \.\n$/, /^tmux -L mosaic attach -t =\w+\n$/];

describe('README.md', () => {
  const typed = readme.blocks.filter(
    ({ language, text }) => language === 'sh' && !elsewhere.some((pattern) => pattern.test(text)),
  );
  const shown = readme.blocks.filter(({ language }) => language === 'console');

  test('what it says to type works, in its order, and what it shows is what comes', () => {
    const [setUp, look, install, remove, ...more] = typed;
    expect(more).toEqual([]);
    const session = /attach -t (=\w+)/.exec(readme.text)?.[1] ?? 'none';
    const steps: Step[] = [
      ...stepsOf(block(setUp)),
      ...shown.map(({ text }) => ({ text: commandOf(text) })),
      ...stepsOf(block(look)),
      { text: `tmux -L mosaic has-session -t ${session}` },
      ...stepsOf(block(install)),
      ...stepsOf(block(remove)),
      { text: "tmux -L mosaic ls; systemctl --user list-units --all --no-legend 'mosaic*' | grep .", status: 1 },
      { text: 'find ~/.config ~/.local "$XDG_RUNTIME_DIR/mosaic" -not -type d | grep .', status: 1 },
    ];
    const outputs = typeInto(steps);
    const first = stepsOf(block(setUp)).length;
    for (const [index, { text }] of shown.entries()) {
      expect(normal(outputs[first + index] ?? '')).toEqual(normal(text.slice(text.indexOf('\n') + 1)));
    }
  });

  test('the scripts that it names are there', () => {
    const { scripts } = JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.text.matchAll(/npm (?:run )?(quickstart|test|build)\b/g)].map((match) => match[1] ?? '');
    expect(new Set(named)).toEqual(new Set(['quickstart', 'test', 'build']));
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('docs/cli.md', () => {
  test('each example does what it says', () => {
    const roster = 'mkdir -p fleet/rosters && cd fleet && git init -q && cp "$MUSTER"/rosters/presets/local-canary.yaml rosters/';
    const commit = 'git add rosters && git commit -qm "Add the canary fleet"';
    const blocks = cli.blocks.filter(({ language }) => language === 'sh');
    expect(blocks.map(({ sections }) => sections.at(-1))).toEqual([
      'validate',
      'plan',
      'apply',
      'ps',
      'init',
      'add',
      'remove',
      'set',
      'run',
      'install',
      'explain',
      'history',
      'reconcile',
      'suspend',
      'resume',
      'watch',
      'logs',
      'send',
      'inbox',
      'say',
      'chat',
      'connector',
      'heartbeat',
      'update',
      'uninstall',
      'doctor',
      'rehearse',
      'sandbox',
      'completion',
    ]);
    expect(() => typeInto([{ text: roster }, { text: commit }, ...blocks.flatMap(stepsOf)])).not.toThrow();
  });
});

const commandOf = (text: string): string => (text.split('\n')[0] ?? '').replace(/^\$ /, '');

/** What may differ from run to run taken away: names of user and host, commits, times, the order in which jobs end. */
function normal(text: string): readonly string[] {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\[ *\d+\/(\d+)\]/, '[n/$1]').replace(/[\w-]+@[\w-]+(?=[:,] )/, 'USER@HOST'))
    .map((line) =>
      line
        .replace(/\b[0-9a-f]{12}\b/, 'REVISION')
        .replace(/([✓=] linger +)[\w-]+/, '$1USER')
        .replace(/\/[\w/-]+\/(?=\.config\/|fleet\b)/, 'HOME/')
        .replace(/\d{4}-\d\d-\d\d \(UTC\)/, 'DAY')
        .replace(/\d\d:\d\d:\d\d/, 'TIME')
        .replace(/\b[0-9a-f]{8}\/[0-9a-f]{8}\b/, 'REVISION/PLAN')
        .replace(/\b\d+m?s\b/g, 'Ns')
        .replace(/( 0 +)(?:-|[\d.]+[KMG])( +Ns )/, '$1-$2')
        .replace(/ {2,}/g, '  ')
        // They have just been started.
        .replace(/ {2}live {2}(?:starting|idle) {2}(?:pane|heartbeat Ns) {2}/, '  live  DOES  '),
    )
    // Whether memory is counted is up to the machine.
    .filter((line, index, all) => !line.startsWith('unknown: /agents/*/usage') && !(line === '' && all[index - 1] === ''));
  return lines.some((line) => line.startsWith('[n/')) ? lines.toSorted() : lines;
}

function block(found: Block | undefined): Block {
  if (found === undefined) throw new Error('a block of the page is missing');
  return found;
}
