import { expect, test } from 'vitest';
import { plain } from '../../src/views/style.ts';
import { renderCopies } from '../../src/views/update.ts';

const copy = { file: 'rosters/roles/coder.md', status: 'current', mine: 'a\n', after: null };

test('the record is among what is written, also where no copy changes', () => {
  expect(renderCopies({ root: '/fleet', copies: [copy], record: 'rosters/.muster/seeded.json' }, plain)).toBe(
    [
      'Copies in /fleet',
      '  ~ rosters/.muster/seeded.json  record of what your copies were made from',
      '  1 copy without a change',
      '',
      '',
    ].join('\n'),
  );
  expect(renderCopies({ root: '/fleet', copies: [], record: 'rosters/.muster/seeded.json' }, plain)).toContain('seeded.json');
});

test('what is as it was recorded is counted', () => {
  expect(renderCopies({ root: '/fleet', copies: [copy], record: null }, plain)).toBe(
    'Copies in /fleet\n  1 copy without a change\n\n',
  );
  expect(renderCopies({ root: '/fleet', copies: [], record: null }, plain)).toBe('');
});
