import { expect } from 'vitest';

/** Compares with a file in `test/golden/`; escape sequences are written so that a reader sees them. Refresh with `vitest run -u`. */
export const expectGolden = (text: string, name: string): Promise<void> =>
  expect(text.replaceAll('\x1b', '␛')).toMatchFileSnapshot(`../golden/${name}.txt`);
