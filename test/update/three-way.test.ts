import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copiesAmong, nextSeeds } from '../../src/update/copies.ts';
import { type Copy, type Merged, needsMerge, type Reseed, reseed } from '../../src/update/three-way.ts';

const copy = (more: Partial<Copy>): Copy => ({
  path: 'roles/coder.md',
  of: 'roles/coder.md',
  base: 'old\n',
  theirs: 'new\n',
  mine: 'old\n',
  beside: null,
  committed: true,
  ...more,
});
const clean = (text: string): Merged => ({ text, clean: true });
const torn: Merged = { text: '<<<<<<<', clean: false };

describe('what becomes of a copy', () => {
  test.each<readonly [string, Partial<Copy>, Merged | null, Partial<Reseed>]>([
    ['was left as shipped: the new one', {}, null, { status: 'updated', text: 'new\n', base: 'new\n' }],
    ['is as shipped now', { mine: 'new\n' }, null, { status: 'current', text: null, base: 'new\n' }],
    ['is as shipped now, and nobody knew of it', { mine: 'new\n', base: null }, null, { status: 'current', base: 'new\n' }],
    ['has changed alone', { mine: 'my\n', theirs: 'old\n' }, null, { status: 'kept', text: null, base: 'old\n' }],
    ['both have changed, elsewhere', { mine: 'my\n' }, clean('my new\n'), { status: 'merged', text: 'my new\n', base: 'new\n' }],
    ['both have changed, and it has all of it', { mine: 'my\n' }, clean('my\n'), { status: 'kept', text: null, base: 'new\n' }],
    ['both have changed the same', { mine: 'my\n' }, torn, { status: 'conflict', text: null, beside: 'new\n', base: 'new\n' }],
    [
      'as the step before the crash left it',
      { mine: 'my\n', beside: 'new\n' },
      torn,
      { status: 'conflict', beside: null, base: 'new\n' },
    ],
    [
      'a conflict that nobody settled',
      { mine: 'my\n', theirs: 'old\n', beside: 'old\n' },
      null,
      { status: 'open', text: null, beside: null },
    ],
    ['a settled one', { mine: 'my\n', theirs: 'old\n' }, null, { status: 'kept' }],
    [
      'an unsettled one, and another version',
      { mine: 'my\n', beside: 'old\n' },
      null,
      { status: 'conflict', beside: 'new\n', base: 'new\n' },
    ],
    [
      "a file of that name is somebody's",
      { mine: 'my\n', beside: 'notes\n' },
      torn,
      { status: 'in-the-way', text: null, beside: null, base: 'old\n' },
    ],
    [
      'nobody knows what it came from',
      { mine: 'my\n', base: null },
      null,
      { status: 'own', text: null, beside: null, base: null },
    ],
    ['it ships no more', { theirs: null }, null, { status: 'withdrawn', text: null, beside: null }],
    ['it is as shipped then and not committed', { committed: false }, null, { status: 'uncommitted', text: null, base: 'old\n' }],
    [
      'a merge would write over what is not committed',
      { mine: 'my\n', committed: false },
      clean('x'),
      { status: 'uncommitted', text: null, base: 'old\n' },
    ],
    ['it has other line ends', { mine: 'old\r\n' }, null, { status: 'updated', text: 'new\r\n', base: 'new\n' }],
    ['it has other line ends and is the new one', { mine: 'new\r\n' }, null, { status: 'current', text: null, base: 'new\n' }],
  ])('%s', (_, given, merged, expected) => {
    expect(reseed(copy(given), merged)).toMatchObject(expected);
  });
});

const texts = fc.constantFrom('a\n', 'b\n', 'c\n', 'a\nb\n');
const lf = (text: string | null | undefined): string | undefined => text?.replaceAll('\r\n', '\n');
const copies = fc.record({
  path: fc.constant('roles/coder.md'),
  of: fc.constant('roles/coder.md'),
  base: fc.option(texts),
  theirs: fc.option(texts),
  mine: fc.oneof(texts, fc.constant('a\r\nb\r\n')),
  beside: fc.option(texts),
  committed: fc.boolean(),
});
/** Keeps what both say, as a merge does that is clean; what is in it already tears nothing. */
const merging = fc.func(fc.boolean()).map((isClean) => ({ mine, theirs }: Copy): Merged => {
  if (mine.includes(`${theirs}`)) return clean(mine);
  return isClean(`${mine}|${theirs}`) ? clean(`${mine}${theirs}`) : torn;
});

describe('for all copies', () => {
  test("the user's text is never lost: it is as it was shipped then and in git, or part of what takes its place", () => {
    fc.assert(
      fc.property(copies, merging, (any, merge) => {
        const { text, status } = reseed(any, needsMerge(any) ? merge(any) : null);
        if (text === null) return;
        expect(any.committed).toBe(true);
        if (status === 'merged') expect(text).toContain(any.mine);
        else expect(lf(any.mine)).toBe(lf(any.base));
      }),
    );
  });

  test("a file beside it is never written over where it is the user's own", () => {
    fc.assert(
      fc.property(copies, merging, (any, merge) => {
        const { beside } = reseed(any, needsMerge(any) ? merge(any) : null);
        if (beside !== null && any.beside !== null) expect([any.base, any.theirs]).toContain(any.beside);
      }),
    );
  });

  test('one that is as it was shipped becomes what is shipped now', () => {
    fc.assert(
      fc.property(copies, (any) => {
        if (any.theirs === null) return;
        expect(lf(reseed({ ...any, base: lf(any.mine) ?? null, committed: true }, null).text ?? any.mine)).toBe(any.theirs);
      }),
    );
  });

  test('a second time there is nothing to write, also where the first was interrupted before it was recorded', () => {
    fc.assert(
      fc.property(copies, merging, fc.boolean(), (any, merge, recorded) => {
        const first = reseed(any, needsMerge(any) ? merge(any) : null);
        const then: Copy = {
          ...any,
          mine: first.text ?? any.mine,
          beside: first.beside ?? any.beside,
          base: recorded ? first.base : any.base,
          // What the first has written is not committed.
          committed: any.committed && first.text === null,
        };
        const second = reseed(then, needsMerge(then) ? merge(then) : null);
        expect({ text: second.text, beside: second.beside }).toEqual({ text: null, beside: null });
      }),
    );
  });
});

describe('which files are copies', () => {
  const file = (path: string, text: string) => ({ path, text, beside: null, committed: true });
  const now = { 'roles/coder.md': 'new\n', 'presets/coding.yaml': 'version: 1\n# new\n' };
  const then = { 'roles/coder.md': 'old\n', 'presets/coding.yaml': 'version: 1\n# old\n' };
  const told = (
    path: string,
    text: string,
    seeds = {},
    before: Readonly<Record<string, string>> = then,
    once: readonly string[] = [],
  ) =>
    copiesAmong([file(path, text)], seeds, now, before, (_, shipped) => once.includes(shipped)).map(({ of, base, theirs }) => ({
      of,
      base,
      theirs,
    }));

  test.each<readonly [string, ReturnType<typeof told>, ReturnType<typeof told>]>([
    [
      'a role document as shipped then',
      told('roles/coder.md', 'old\n'),
      [{ of: 'roles/coder.md', base: 'old\n', theirs: 'new\n' }],
    ],
    [
      'one that was edited, not recorded',
      told('roles/coder.md', 'my\n'),
      [{ of: 'roles/coder.md', base: null, theirs: 'new\n' }],
    ],
    [
      'one that was edited, and recorded',
      told('roles/coder.md', 'my\n', { 'roles/coder.md': { of: 'roles/coder.md', text: 'older\n' } }),
      [{ of: 'roles/coder.md', base: 'older\n', theirs: 'new\n' }],
    ],
    [
      'one that was edited after it was committed as shipped then',
      told('roles/coder.md', 'my\n', {}, then, ['old\n']),
      [{ of: 'roles/coder.md', base: 'old\n', theirs: 'new\n' }],
    ],
    [
      'one that was committed as shipped then, and later as shipped now',
      told('roles/coder.md', 'my\n', {}, then, ['old\n', 'new\n']),
      [{ of: 'roles/coder.md', base: 'new\n', theirs: 'new\n' }],
    ],
    [
      'a roster that was committed as a preset once',
      told('team.yaml', 'version: 1\nfleet: team\n', {}, then, [then['presets/coding.yaml']]),
      [{ of: 'presets/coding.yaml', base: then['presets/coding.yaml'], theirs: now['presets/coding.yaml'] }],
    ],
    ['a role document of a class of their own', told('roles/painter.md', 'my\n'), []],
    [
      'a roster as a preset was shipped',
      told('team.yaml', then['presets/coding.yaml']),
      [{ of: 'presets/coding.yaml', base: then['presets/coding.yaml'], theirs: now['presets/coding.yaml'] }],
    ],
    ["a roster that has a preset's name and says something else", told('coding.yaml', 'version: 1\n'), []],
    [
      'a roster that was recorded under another name',
      told('team.yaml', 'my\n', { 'team.yaml': { of: 'presets/coding.yaml', text: 'x' } }),
      [{ of: 'presets/coding.yaml', base: 'x', theirs: now['presets/coding.yaml'] }],
    ],
    ['a name that every object has', told('constructor', 'x', {}, {}), []],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });

  test('the record has what each copy is made of now, and forgets copies that are gone', () => {
    const [known] = copiesAmong([file('roles/coder.md', 'old\n')], {}, now, then, () => false).map((one) => reseed(one, null));
    expect(nextSeeds(known === undefined ? [] : [known])).toEqual({ 'roles/coder.md': { of: 'roles/coder.md', text: 'new\n' } });
    expect(nextSeeds([])).toEqual({});
  });
});
