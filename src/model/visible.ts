/**
 * Text from elsewhere made safe to show on one line: control characters, line separators, bidirectional overrides,
 * invisible marks and lone surrogates become escapes such as `\x1b` or `\u{202e}`; all else stays as it is.
 */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Most texts are: to compile the expression above takes a start a millisecond. */
const plain = /^[ -~]*$/;
