import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { admit } from '../../src/admission/admit.ts';
import { isError } from '../../src/model/diagnostic.ts';
import { knownKeys } from '../../src/roster/keys.ts';
import { setOf } from '../admission/judge.ts';
import { lenient } from '../admission/terms.ts';

const page = readFileSync(new URL('../../docs/rosters.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

describe('docs/rosters.md', () => {
  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  test.each(examples.map((text, index) => [index + 1, text] as const))(
    'example %i is a roster that is admitted',
    (_index, text) => {
      const input = { scope: null, connectors: ['tmux', 'matrix', 'discord'].map(lenient), previous: null, consents: [] };
      const { diagnostics } = admit({ set: setOf({ example: text }), ...input });
      expect(diagnostics.filter(isError)).toEqual([]);
    },
  );

  test('says a word about every key', () => {
    const missing = Object.values(knownKeys)
      .flat()
      .filter((key) => !new RegExp(`\\b${key}\\b`).test(page));
    expect(missing).toEqual([]);
  });

  test('lists every class that the role library serves', () => {
    const { roles } = setOf({});
    for (const { name, classes } of Object.values(roles)) {
      expect(page).toContain(`| \`${name}\` | ${classes.map((each) => `\`${each}\``).join(', ')} |`);
    }
  });
});
