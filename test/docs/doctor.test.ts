import { describe, expect, test } from 'vitest';
import { points } from '../../src/doctor/examine.ts';
import { checkStates } from '../../src/model/doctor.ts';
import { codeWords, page, rowsBelow } from './page.ts';

const doctor = page('docs/doctor.md');
const shown = doctor.blocks.find(({ language }) => language === 'console')?.text ?? '';

describe('docs/doctor.md', () => {
  test('tells every point, in the order in which they are shown', () => {
    const ids = points.map(({ id }) => id);
    expect(rowsBelow(doctor, 'The points').flatMap(([first]) => codeWords(first ?? ''))).toEqual(ids);
    expect([...shown.matchAll(/^ {2}\S (\w+) /gm)].map((match) => match[1])).toEqual(ids);
  });

  test('tells every state', () => {
    const told = rowsBelow(doctor, 'When something is wrong').map(([, word]) => codeWords(word ?? '')[0]);
    expect(told).toEqual(checkStates);
  });

  test('counts right in what it shows', () => {
    const marks = (mark: string): number => shown.split('\n').filter((line) => line.startsWith(`  ${mark} `)).length;
    expect(shown).toContain(`${marks('✓')} ok, ${marks('✗')} failing, ${marks('?')} not checked.`);
  });
});
