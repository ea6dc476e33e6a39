import type { Diagnostic } from '../model/diagnostic.ts';
import { type ExitStatus, exitStatus } from './context.ts';

/** Ends a command with findings for its user. Thrown by the command's own steps, rendered at one place. */
export class Refusal extends Error {
  readonly diagnostics: readonly Diagnostic[];
  readonly status: ExitStatus;
  readonly sources: ReadonlyMap<string, string>;

  constructor(
    diagnostics: readonly Diagnostic[],
    status: ExitStatus = exitStatus.failed,
    sources: ReadonlyMap<string, string> = new Map(),
  ) {
    super(diagnostics[0]?.summary ?? 'refused');
    this.diagnostics = diagnostics;
    this.status = status;
    this.sources = sources;
  }
}

export const refuse = (diagnostic: Omit<Diagnostic, 'severity'>, status: ExitStatus = exitStatus.failed): Refusal =>
  new Refusal([{ severity: 'error', ...diagnostic }], status);

/** One writer at a time: `holder` is at it. */
export const locked = (holder: string): Refusal =>
  refuse({
    code: 'apply/locked',
    summary: `somebody else is changing this host: ${holder}`,
    detail: 'One writer at a time; nothing was done.',
    hint: 'Wait for it to end, then try again.',
  });
