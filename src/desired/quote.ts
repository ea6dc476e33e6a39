/** A value of a systemd environment file, in double quotes (systemd.exec(5), EnvironmentFile=). Control characters must not be in it. */
export const environmentValue = (text: string): string => `"${text.replace(/[\\"`$]/g, '\\$&')}"`;

/** Text within double quotes in a unit file: no specifier, no escape, no end of quote. */
export const unitText = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');

/** One word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
