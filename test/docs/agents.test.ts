import { describe, expect, test } from 'vitest';
import { inboxBounds } from '../../src/agents/inbox/store.ts';
import { activities, evidenceSources, receiptStates } from '../../src/model/agents.ts';
import { deliveryReasons, evidenceNames } from '../../src/model/inbox.ts';
import { codeWords, page, rowsBelow } from './page.ts';

const agents = page('docs/agents.md');
const firstWords = (title: string): string[] => rowsBelow(agents, title).map(([first = '']) => codeWords(first)[0] ?? '');

describe('docs/agents.md', () => {
  test.each([
    ['See what your agents do', [...activities, ...evidenceSources]],
    ['Receipts', receiptStates],
    ['Evidence', evidenceNames],
    ['Reasons', deliveryReasons],
  ])('tells of %s, all of them and no others', (title, values) => {
    expect([...new Set(firstWords(title))].sort()).toEqual([...values].sort());
  });

  test('tells what an inbox holds', () => {
    const row = rowsBelow(agents, 'Reasons').find(([first]) => first === '`inbox-full`');
    expect(row?.[1]).toContain(`${inboxBounds.messages} messages or ${inboxBounds.bytes / 1024 / 1024} MiB`);
  });
});
