/**
 * Reads an environment file as systemd.exec(5) documents it: comments, unquoted values with the shell's backslashes, single
 * quotes without escapes, double quotes with those of the shell. Rejects what systemd would not accept as a whole.
 */
export function readEnvironmentFile(text: string): Record<string, string> {
  if (/[\0\uFEFF\p{Noncharacter_Code_Point}\p{Cs}]/u.test(text)) throw new Error('not the UTF-8 that systemd accepts');
  const values: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const name = /^\s*([A-Za-z_][A-Za-z0-9_]*)=[ \t\r]*/.exec(rest);
    if (name === null) {
      rest = rest.replace(/^.*(?:\n|$)/, '');
      continue;
    }
    const [value, after] = readValue(rest.slice(name[0].length));
    values[name[1] ?? ''] = value;
    rest = after;
  }
  return values;
}

const forms: readonly { readonly form: RegExp; readonly read: (written: string) => string }[] = [
  { form: /^"((?:[^"\\]|\\[\s\S])*)"[ \t\r]*(?:\n|$)/, read: (written) => written.replace(/\\(?:(["\\`$])|\n)/g, '$1') },
  { form: /^'([^']*)'[ \t\r]*(?:\n|$)/, read: (written) => written },
  {
    form: /^(?!["'])((?:[^\\\n]|\\[\s\S])*)(?:\n|$)/,
    read: (written) => written.replace(/[ \t\r]+$/, '').replace(/\\(?:\n|([\s\S]))/g, '$1'),
  },
];

/** The value that a text begins with, and the lines after it. */
function readValue(text: string): readonly [value: string, after: string] {
  for (const { form, read } of forms) {
    const found = form.exec(text);
    if (found !== null) return [read(found[1] ?? ''), text.slice(found[0].length)];
  }
  throw new Error(`no value that systemd would read: ${text}`);
}
