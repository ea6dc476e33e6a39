import { describe, expect, test } from 'vitest';
import { bridgeReasons } from '../../src/connectors/bridge/health.ts';
import type { SendResult } from '../../src/model/connectors.ts';
import { page } from './page.ts';

const { text: writing } = page('docs/connectors/writing.md');
const outcomes = {
  accepted: true,
  duplicate: true,
  rejected: true,
  'rate-limited': true,
  unavailable: true,
  unknown: true,
} satisfies Record<SendResult['outcome'], true>;

describe('docs/connectors/writing.md', () => {
  test.each(bridgeReasons)('tells what %s is about', (reason) => {
    expect(writing).toContain(`\n| \`${reason}\` | `);
  });

  test.each(Object.keys(outcomes))('tells when an outcome is %s', (outcome) => {
    expect(writing).toMatch(new RegExp(`^\\| [^|]+ \\| \`${outcome}\``, 'm'));
  });
});
