import { expect } from 'vitest';

/** Compares with a file in `test/golden/`; escape sequences are written so that a reader sees them. CONTRIBUTING.md says how to renew them. */
export const expectGolden = (text: string, name: string, ending = 'txt'): Promise<void> =>
  expect(text.replaceAll('\x1b', '␛')).toMatchFileSnapshot(`../golden/${name}.${ending}`);
