/** What each pattern of the schema asks for, said for people. A test holds the table to the schema. */
export const patternPhrases: Readonly<Record<string, string>> = {
  '^(?:(?:https?|ssh|git|file)://[^\\s\\u0000-\\u001F\\u007F-\\u009F]+|(?:~/|/)[^\\u0000-\\u001F\\u007F-\\u009F]*|[A-Za-z0-9_][A-Za-z0-9_.-]*(?:@[A-Za-z0-9_][A-Za-z0-9_.-]*)?(?::(?!:|//))[^\\s\\u0000-\\u001F\\u007F-\\u009F]+)$':
    'a URL of https, http, ssh, git or file, an address such as git@host:path, or a path',
  '^(?=.{1,200}$)(?!-)(?!.*(?:\\.\\.|@\\{|//|/\\.|\\.lock(?:/|$)))[^\\s\\u0000-\\u001F\\u007F-\\u009F~^:?*\\[\\\\./](?:[^\\s\\u0000-\\u001F\\u007F-\\u009F~^:?*\\[\\\\]*[^\\s\\u0000-\\u001F\\u007F-\\u009F~^:?*\\[\\\\./])?$':
    'the name of a branch',
  '^(?!.*(?:^|/)\\.\\.(?:/|$))(?![-/~])[^\\u0000-\\u001F\\u007F-\\u009F\\\\]+$': 'a directory, from the top of the repository',
  '^(?:unix:(?:~/|/)[^\\u0000-\\u001F\\u007F-\\u009F]+|[^\\s/]+:[0-9]{1,5})$':
    'a loopback address with a port, such as 127.0.0.1:9464, or unix: and an absolute path',
  '^[^\\u0000-\\u001F\\u007F-\\u009F]*$': 'one line without control characters',
  '^(?:~/|/)[^\\u0000-\\u001F\\u007F-\\u009F]*$': 'an absolute path, or one that starts with ~/',
  '^[0-9]{1,9}(?:ms|s|m|h)$': 'a whole number with its unit: 500ms, 10s, 5m or 1h',
};
