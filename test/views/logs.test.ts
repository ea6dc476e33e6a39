import { expect, test } from 'vitest';
import { renderLogLine } from '../../src/views/logs.ts';
import { plain } from '../../src/views/style.ts';

const journal = { source: 'journal', at: '2026-01-02T15:04:05.678Z', priority: 6, identifier: 'sh', text: 'said' } as const;
const pane = { source: 'pane', at: null, priority: null, identifier: null, text: 'said' } as const;

test.each([
  [journal, 'journal │ 2026-01-02 15:04:05Z sh: said\n'],
  [{ ...journal, identifier: '', text: 'a\nb' }, 'journal │ 2026-01-02 15:04:05Z a\njournal │ 2026-01-02 15:04:05Z b\n'],
  [pane, 'pane    │ said\n'],
  [{ ...pane, text: '' }, 'pane    │\n'],
  [{ ...pane, text: '\x1b[2Jx\u202e\x07' }, 'pane    │ \\x1b[2Jx\\u{202e}\\x07\n'],
  [{ ...journal, identifier: '\x1b]0;x', text: '\r' }, 'journal │ 2026-01-02 15:04:05Z \\x1b]0;x: \\x0d\n'],
])('%j', (line, text) => {
  expect(renderLogLine(line, plain)).toBe(text);
});
