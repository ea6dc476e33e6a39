/** A line of a systemd environment file, its value in double quotes (systemd.exec(5), EnvironmentFile=). Control characters must not be in it. */
export const environmentLine = (name: string, value: string): string =>
  `${name}="${value.search(special) < 0 ? value : value.replace(special, '\\$&')}"`;

/** Hardly any value has one, and to look is cheaper than to replace nothing. */
const special = /[\\"`$]/g;

/** Text within double quotes in a unit file: no specifier, no escape, no end of quote. */
export const unitText = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');

/** One word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
