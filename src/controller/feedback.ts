import { execFile } from 'node:child_process';
import { recordNote } from '../git/notes.ts';
import type { Binding, ControllerConfig, HistoryEntry } from '../model/controller.ts';

export interface FeedbackInput {
  readonly config: Pick<ControllerConfig, 'hook' | 'notes' | 'remote'>;
  readonly binding: Binding;
  readonly host: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onFailure: (what: string) => void;
}

type Outcome = Extract<HistoryEntry, { kind: 'revision' }>;

const hookMs = 30_000;

/**
 * Tells what became of a revision where the operator asked for it: as a git note, and to a program with the facts in its environment
 * (`MUSTER_…`). One after another; what fails is told, and harms nothing.
 */
export function feedback(input: FeedbackInput): (entry: HistoryEntry) => void {
  let last = Promise.resolve();
  return (entry) => {
    if (entry.kind !== 'revision') return;
    last = last.then(() => tellAll(entry, input));
  };
}

async function tellAll(entry: Outcome, input: FeedbackInput): Promise<void> {
  const { config, onFailure } = input;
  // A mirror is nobody's to read.
  if (config.notes && config.remote === null)
    await note(entry, input).catch((error: unknown) => onFailure(`no note was written: ${text(error)}`));
  const [program, ...args] = config.hook ?? [];
  if (program !== undefined)
    await hook(program, args, entry, input).catch((error: unknown) => onFailure(`the hook failed: ${text(error)}`));
}

function note({ subject, outcome, message, at }: Outcome, { binding, host, env }: FeedbackInput): Promise<void> {
  return recordNote({ repository: binding.repository, host, env }, subject, `${outcome} on ${host} at ${at}\n${message}\n`);
}

function hook(
  program: string,
  args: readonly string[],
  { subject, outcome, message, at }: Outcome,
  { binding, host, env }: FeedbackInput,
): Promise<void> {
  const facts = {
    MUSTER_REVISION: subject,
    MUSTER_OUTCOME: outcome,
    MUSTER_MESSAGE: message,
    MUSTER_AT: at,
    MUSTER_HOST: host,
    MUSTER_REPOSITORY: binding.repository,
    MUSTER_REF: binding.ref,
  };
  return new Promise((resolve, reject) => {
    const { NOTIFY_SOCKET: _notify, WATCHDOG_USEC: _watchdog, ...rest } = env;
    const child = execFile(
      program,
      [...args],
      { env: { ...rest, ...facts }, timeout: hookMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 },
      (error) => (error === null ? resolve() : reject(error)),
    );
    child.stdin?.end();
  });
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
