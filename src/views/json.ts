/** Versioned JSON for scripts; ends with a line break. What a terminal would take for more than text is escaped (RFC 8259, section 7). */
export const renderJson = (value: unknown): string => `${escaped(JSON.stringify(value, null, 2))}\n`;

/** The same on one line. */
export const renderJsonLine = (value: unknown): string => `${escaped(JSON.stringify(value))}\n`;

/** Line breaks of the layout stay; in a string they are escaped already. */
const escaped = (json: string): string =>
  json.replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
