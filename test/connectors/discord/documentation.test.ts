import { describe, expect, test } from 'vitest';
import { admit } from '../../../src/admission/admit.ts';
import { needed, neededBits } from '../../../src/connectors/discord/permissions.ts';
import { problemsOf, traits } from '../../../src/connectors/discord/settings.ts';
import { factories } from '../../../src/connectors/registry.ts';
import { setOf } from '../../admission/judge.ts';
import { page, rowsBelow } from '../../docs/page.ts';

const guide = page('docs/connectors/discord.md');
const firstCells = (title: string): readonly string[] => rowsBelow(guide, title).map(([cell = '']) => cell);

describe('docs/connectors/discord.md', () => {
  test('names the permissions that are asked for, and invites with just these', () => {
    const named = firstCells('3. Its permissions, and the invitation').map((cell) => /`(\w+)`/.exec(cell)?.[1]);
    expect([...named].sort()).toEqual(Object.keys(needed).sort());
    expect(/permissions=(\d+)/.exec(guide.text)?.[1]).toBe(String(neededBits));
  });

  test('has a roster that is admitted', () => {
    const [block] = guide.blocks.filter(({ language }) => language === 'yaml');
    const set = setOf({ research: block?.text ?? '' });
    expect(admit({ set, scope: null, connectors: factories, previous: null, consents: [] }).diagnostics).toEqual([]);
    expect(set.rosters.map(({ connector }) => connector.kind)).toEqual(['discord']);
  });

  test('tells every setting, and no other', () => {
    const settings = firstCells('The roster').map((cell) => cell.replaceAll('`', ''));
    const values: Record<string, unknown> = { auto_thread: true, api_base_url: 'https://discord.com/api/v10' };
    const block = Object.fromEntries(settings.map((key) => [key, values[key] ?? '234567890123456789']));
    expect(problemsOf({ operators: [], settings: block })).toEqual([]);
    const [{ hint } = { hint: '' }] = problemsOf({ operators: [], settings: { channel_id: '234567890123456789', zzzzzzzz: 1 } });
    expect(hint.replace('it has: ', '').split(', ').sort()).toEqual([...settings].sort());
  });

  test('tells the limits that hold', () => {
    const limits = rowsBelow(guide, 'Limits').flat().join('\n');
    expect(limits).toContain(`${traits.limit.most} characters`);
    expect(limits).toContain(`for ${traits.transactionMs / 60_000} minutes it is`);
  });
});
