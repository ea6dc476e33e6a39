/** What each pattern of the schema asks for, said for people. A test holds the table to the schema. */
export const patternPhrases: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9-]{0,62}$': 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit',
  '^[A-Za-z0-9*?][A-Za-z0-9.*?-]{0,252}$': 'a host name, or one with the globs * and ?',
  '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$': 'the name of a Unix user',
  '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$':
    'letters, digits, dots, dashes and underscores, at most 63, starting with a letter or digit',
  '^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$': 'letters, digits, dashes and underscores, at most 63',
  '^[A-Za-z_][A-Za-z0-9_]*$': 'letters, digits and underscores, not starting with a digit',
  '^[^\\s\\u0000-\\u001F\\u007F-\\u009F]+$': 'one word without spaces or control characters',
  '^[^\\s{}\\u0000-\\u001F\\u007F-\\u009F]{1,200}$':
    'one word without spaces, braces or control characters, at most 200 characters',
  '^[^\\u0000-\\u001F\\u007F-\\u009F]*$': 'one line without control characters',
  '^(?:~|~/[^\\u0000-\\u001F\\u007F-\\u009F]*|/[^\\u0000-\\u001F\\u007F-\\u009F]*)$': '`~`, `~/…` or an absolute path',
  '^[0-9]{1,15}[KMGT]?$': 'bytes, or a number with K, M, G or T, such as 4G',
};
