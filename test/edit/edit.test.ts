import { describe, expect, test } from 'vitest';
import type { Edit } from '../../src/edit/change.ts';
import { editRoster } from '../../src/edit/edit.ts';
import { EditRefused } from '../../src/edit/refused.ts';

const add = (entry: Record<string, string | boolean> = {}): Edit => ({
  kind: 'add',
  entry: { name: 'new', runtime: 'pi', ...entry },
});
const remove = (agent: string): Edit => ({ kind: 'remove', agent });
const set = (agent: string, key: string, value: string | number | boolean | null): Edit => {
  const [outer = '', inner] = key.split('.');
  return { kind: 'set', agent, settings: [{ path: inner === undefined ? [outer] : [outer, inner], value }] };
};

const rows: readonly (readonly [story: string, before: string, edit: Edit, after: string])[] = [
  [
    'an agent comes below the last one and the comments that are its own, above those that are not',
    'agents:\n  - name: a\n    runtime: pi # pi\n    # state: stopped\n  # more here\n',
    add({ class: 'worker' }),
    'agents:\n  - name: a\n    runtime: pi # pi\n    # state: stopped\n  - name: new\n    runtime: pi\n    class: worker\n  # more here\n',
  ],
  [
    'its keys stand where those of the last one do',
    'agents:\n-   name: a\n    runtime: pi\n',
    add(),
    'agents:\n-   name: a\n    runtime: pi\n-   name: new\n    runtime: pi\n',
  ],
  [
    'where agents are a blank line apart, so is a new one',
    'agents:\n  - name: a\n    runtime: pi\n\n  - name: b\n    runtime: pi\n',
    add(),
    'agents:\n  - name: a\n    runtime: pi\n\n  - name: b\n    runtime: pi\n\n  - name: new\n    runtime: pi\n',
  ],
  ['braces are followed by braces', 'agents:\n  - {name: a}\n', add(), 'agents:\n  - {name: a}\n  - {name: new, runtime: pi}\n'],
  ['and JSON by JSON', '{"agents": [{"name": "a"}]}', add(), '{"agents": [{"name": "a"}, {"name": "new", "runtime": "pi"}]}'],
  [
    'the first agent begins a list of lines',
    'agents: [] # none\nprofile: minimal\n',
    add(),
    'agents: # none\n  - name: new\n    runtime: pi\nprofile: minimal\n',
  ],
  [
    'what would be read as something else is put in quotes',
    'agents:\n  - name: a\n',
    add({ model_hint: '1e3', tenant: 'no', class: 'a: b' }),
    'agents:\n  - name: a\n  - name: new\n    runtime: pi\n    model_hint: "1e3"\n    tenant: "no"\n    class: "a: b"\n',
  ],
  [
    'an agent goes with its own lines; the comment above stays',
    'agents:\n  # about a\n  - name: a # gone\n    # gone\n    runtime: pi\n    # gone\n  # about b\n  - name: b\n',
    remove('a'),
    'agents:\n  # about a\n  # about b\n  - name: b\n',
  ],
  ['the last one leaves an empty list', 'agents: # all\n  - name: a\n# end\n', remove('a'), 'agents: [] # all\n# end\n'],
  [
    'the first of some that are apart leaves no gap',
    'agents:\n  - name: a\n\n  - name: b\n\n  - name: c\n',
    remove('a'),
    'agents:\n  - name: b\n\n  - name: c\n',
  ],
  [
    'a value changes where it stands',
    "agents:\n  - name: a\n    class: 'old' # c\n",
    set('a', 'class', 'new'),
    "agents:\n  - name: a\n    class: 'new' # c\n",
  ],
  [
    'an alias that is a value is written over',
    'agents:\n  - name: a\n    class: &c old\n  - { name: b, class: *c }\n',
    set('b', 'class', 'new'),
    'agents:\n  - name: a\n    class: &c old\n  - { name: b, class: new }\n',
  ],
  [
    'a new key stands in the order of the documentation',
    'agents:\n  - name: a\n    runtime: pi\n    state: stopped\n',
    set('a', 'model_hint', 'm'),
    'agents:\n  - name: a\n    runtime: pi\n    model_hint: m\n    state: stopped\n',
  ],
  [
    'a new block of keys is written in braces, and grows there',
    'agents:\n  - name: a\n',
    {
      kind: 'set',
      agent: 'a',
      settings: [
        { path: ['env', 'A'], value: '1' },
        { path: ['env', 'B'], value: 'x' },
      ],
    },
    'agents:\n  - name: a\n    env: { A: "1", B: x }\n',
  ],
  [
    'a block that is written by lines grows by lines',
    'agents:\n  - name: a\n    resources:\n      tasks_max: 5 # few\n',
    set('a', 'resources.memory_max', '4G'),
    'agents:\n  - name: a\n    resources:\n      tasks_max: 5 # few\n      memory_max: 4G\n',
  ],
  [
    'the last key of a block takes it along',
    'agents:\n  - name: a\n    env:\n      A: b\n    state: stopped\n',
    set('a', 'env.A', null),
    'agents:\n  - name: a\n    state: stopped\n',
  ],
  [
    'what stands behind the dash gives its place to the next',
    'agents:\n  - runtime: pi\n    name: a\n',
    set('a', 'runtime', null),
    'agents:\n  - name: a\n',
  ],
  ['what is not there need not be taken away', 'agents:\n  - name: a\n', set('a', 'env.A', null), 'agents:\n  - name: a\n'],
];

test.each(rows)('%s', (_story, before, edit, after) => {
  expect(editRoster(before, edit)).toBe(after);
});

describe('an edit is refused that', () => {
  test.each<[string, string, Edit, RegExp]>([
    [
      'would change what repeats it',
      'agents:\n  - { name: a, env: &e { A: b } }\n  - { name: b, env: *e }\n',
      set('a', 'env.A', 'c'),
      /agents\.1\.env\.A would not be/,
    ],
    ['would leave a repetition of nothing', 'agents:\n  - &a { name: a }\n  - *a\n', remove('a'), /could not be read any more/],
    [
      'is about a block written elsewhere',
      'agents:\n  - { name: a, env: &e { A: b } }\n  - { name: b, env: *e }\n',
      set('b', 'env.A', 'c'),
      /`env` is not written out here/,
    ],
    ['is about a list written elsewhere', 'x: &l []\nagents: *l\n', add(), /not written as a list of their own/],
    ['is about a list that is not there', 'version: 1\n', add(), /has no `agents`/],
    [
      'would take a comment along',
      'agents:\n  - runtime: pi\n    # mine\n    name: a\n',
      set('a', 'runtime', null),
      /begins on the line of something else/,
    ],
    ['would tear a comment', 'agents: [{ name: a }, # a\n  { name: b }]\n', remove('a'), /a comment stands between/],
    ['is about text that cannot be read', 'agents: [\n', add(), /bracket|not valid|sequence/],
  ])('%s', (_story, before, edit, words) => {
    const refused = problemOf(() => editRoster(before, edit));
    expect(`${refused.summary} ${refused.detail ?? ''}`).toMatch(words);
    expect(refused.hint).not.toBe('');
  });
});

function problemOf(work: () => unknown): EditRefused['problem'] {
  try {
    work();
  } catch (error) {
    if (error instanceof EditRefused) return error.problem;
    throw error;
  }
  throw new Error('it was not refused');
}
