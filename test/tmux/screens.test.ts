import { expect, test } from 'vitest';
import { type PaneScreen, rememberingScreens, type ScreenRequest } from '../../src/tmux/screens.ts';

/** Each look shows another text, so that what is remembered can be told from what was read. */
function stage() {
  const looks: string[][] = [];
  const now = { ms: 100_000, output: 90 };
  const read = async (_socket: string, requests: readonly ScreenRequest[]): Promise<ReadonlyMap<string, PaneScreen>> => {
    looks.push(requests.map(({ id }) => id));
    return new Map(requests.map(({ id }) => [id, { text: `look ${looks.length}`, changed: now.output * 1000 }]));
  };
  const remembered = rememberingScreens(read, () => now.ms);
  const see = async (...requests: readonly Partial<ScreenRequest>[]) =>
    [
      ...(
        await remembered(
          'mosaic',
          requests.map((one) => ({ id: '$1', agent: 'coder0', incarnation: 'a', changed: now.output, ...one })),
        )
      ).values(),
    ].map(({ text }) => text);
  return { looks, now, see };
}

test('a screen without output since is not looked at again', async () => {
  const { looks, see } = stage();
  expect([await see({}), await see({})]).toEqual([['look 1'], ['look 1']]);
  expect(looks).toEqual([['$1']]);
});

test('only those with output since are looked at', async () => {
  const { looks, now, see } = stage();
  await see({}, { id: '$2' });
  now.output = 95;
  expect(await see({ changed: 90 }, { id: '$2' })).toEqual(['look 1', 'look 2']);
  expect(looks).toEqual([['$1', '$2'], ['$2']]);
});

test.each<[why: string, first: Partial<ScreenRequest>, second: Partial<ScreenRequest>, elapsed: number]>([
  ['its run is another', {}, { incarnation: 'b' }, 10_000],
  ['nobody has listed when it last changed', {}, { changed: undefined }, 10_000],
  ['it had just changed when it was read', {}, {}, 1000],
])('it is looked at again where %s', async (_, first, second, elapsed) => {
  const { looks, now, see } = stage();
  now.ms = now.output * 1000 + elapsed;
  await see(first);
  expect(await see(second)).toEqual(['look 2']);
  expect(looks).toHaveLength(2);
});

test('who is not asked for any more is forgotten', async () => {
  const { looks, see } = stage();
  await see({});
  await see();
  await see({});
  expect(looks).toEqual([['$1'], ['$1']]);
});
