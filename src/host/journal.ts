import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isFields } from './shape.ts';
import { jsonOf } from './state-file.ts';

export interface JournalEntry {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** As syslog has it: 0 emergency to 7 debug; `null` where none is given. */
  readonly priority: number | null;
  /** Name of the program that said it. */
  readonly identifier: string;
  readonly text: string;
}

export interface JournalRequest {
  readonly unit: string;
  /** How many of the last entries at most. */
  readonly lines: number;
  readonly since: Date | null;
  /** Entries as they come, until the signal is aborted. */
  readonly follow: AbortSignal | null;
}

export interface JournalListener {
  readonly entry: (entry: JournalEntry) => void;
  /** Why there is nothing, or not all. */
  readonly problem: (why: string) => void;
}

const program = 'journalctl';

/** In milliseconds: when nothing has come by then, it is asked why. */
const silenceMs = 1000;

/** Reads what a unit of this user has said, and what the user manager has said of it. Resolves when there is no more; never rejects. */
export async function readJournal(
  env: Readonly<Record<string, string | undefined>>,
  request: JournalRequest,
  { entry, problem }: JournalListener,
): Promise<void> {
  let isSilent = true;
  const heard = { entry: (one: JournalEntry) => hear(() => entry(one)), problem: (why: string) => hear(() => problem(why)) };
  const hear = (tell: () => void): void => {
    isSilent = false;
    tell();
  };
  const ask = async (): Promise<void> => {
    const why = isSilent ? await whyEmpty(env, request.unit) : '';
    if (isSilent) heard.problem(why || `it has nothing of ${request.unit}${request.since === null ? '' : ' since then'}`);
  };
  if (request.follow === null) {
    await run(env, request, heard);
    return ask();
  }
  const timer = setTimeout(ask, silenceMs);
  await run(env, request, heard);
  clearTimeout(timer);
}

function run(
  env: Readonly<Record<string, string | undefined>>,
  { unit, lines, since, follow }: JournalRequest,
  { entry, problem }: JournalListener,
): Promise<void> {
  const argv = [
    ...[...argvFor(unit), '--output=json', '--all', `--lines=${lines}`],
    ...(since === null ? [] : [`--since=@${Math.floor(since.getTime() / 1000)}`]),
    ...(follow === null ? [] : ['--follow']),
  ];
  return new Promise((resolve) => {
    const child = spawn(program, argv, { env: english(env), stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = (): void => void child.kill();
    follow?.addEventListener('abort', stop);
    if (follow?.aborted === true) stop();
    child.on('error', (error) => {
      problem('code' in error && error.code === 'ENOENT' ? 'journalctl is not installed, or not on PATH' : error.message);
      resolve();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const read = entryOf(line);
      if (read !== null) entry(read);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!isRemark(line)) problem(line.trim());
    });
    child.on('close', (status) => {
      follow?.removeEventListener('abort', stop);
      if (status !== 0 && status !== null) problem(`journalctl ended with status ${status}`);
      resolve();
    });
  });
}

const argvFor = (unit: string): string[] => ['--user', `--unit=${unit}`, '--no-pager'];
const english = (env: Readonly<Record<string, string | undefined>>) => ({ ...env, LC_ALL: 'C.UTF-8' });

/** With JSON it says nothing of journals that are missing, or that this user may not read; as text it does. */
function whyEmpty(env: Readonly<Record<string, string | undefined>>, unit: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...argvFor(unit), '--lines=1'], { env: english(env), timeout: 5000 }, (_error, _stdout, stderr) =>
      resolve(
        stderr
          .split('\n')
          .find((line) => !isRemark(line))
          ?.trim() ?? '',
      ),
    );
  });
}

/** What it says of other users' journals, and where its own begins. */
const isRemark = (line: string): boolean => /^(Hint: |\s|-- |$)/.test(line);

function entryOf(line: string): JournalEntry | null {
  const fields = jsonOf(line);
  if (!isFields(fields)) return null;
  const micros = Number(textOf(fields.__REALTIME_TIMESTAMP));
  const priority = textOf(fields.PRIORITY);
  return {
    at: new Date(Number.isFinite(micros) ? micros / 1000 : 0).toISOString(),
    priority: /^[0-7]$/.test(priority) ? Number(priority) : null,
    identifier: textOf(fields.SYSLOG_IDENTIFIER) || textOf(fields._COMM),
    text: textOf(fields.MESSAGE),
  };
}

/** What is not printable comes as an array of bytes; a field that stands there twice as an array of them. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.every((byte) => typeof byte === 'number') ? Buffer.from(value).toString('utf8') : value.map(textOf).join('\n');
}
