/** The command line as data: what help, completion and the manual are made of. */
export interface CommandTree {
  readonly description: string;
  /** Flags of every command. */
  readonly flags: readonly CommandFlag[];
  readonly commands: readonly CommandShape[];
}

export interface CommandShape {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly places: readonly CommandPlace[];
  readonly flags: readonly CommandFlag[];
}

/** What stands by its place: `<name>`, `[dir]`, `[command...]`. */
export interface CommandPlace {
  readonly name: string;
  readonly required: boolean;
  /** It may be said again; always the last one. */
  readonly variadic: boolean;
}

export interface CommandFlag {
  /** With its dashes, such as `-q`. */
  readonly short: string | null;
  readonly long: string;
  readonly description: string;
  /** Name of its value, such as `file`; `null` for a flag without one. */
  readonly value: string | null;
  readonly variadic: boolean;
  readonly choices: readonly string[];
  /** In words; `null` where it has none, or its description says it. */
  readonly default: string | null;
}
