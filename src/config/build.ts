import { posix } from 'node:path';
import type { ControllerConfig, SignaturePolicy } from '../model/controller.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
import { finding } from '../roster/findings.ts';
import { quoted } from '../roster/wording.ts';
import { defaultConfig, defaultIntervalMs } from './defaults.ts';
import { formatDuration, parseDuration } from './durations.ts';
import { readMetrics } from './metrics.ts';

/** A document that the schema has passed: exactly the shape of `rosters/controller.schema.json`. */
export interface ConfigDocument {
  readonly repository?: string;
  readonly remote?: { readonly url: string; readonly interval?: string };
  readonly ref?: string;
  readonly rosters?: string;
  readonly worktree?: boolean;
  readonly fast_forward_only?: boolean;
  readonly signatures?: { readonly format: 'ssh' | 'gpg'; readonly allowed_signers?: string; readonly home?: string };
  readonly health?: { readonly deadline?: string; readonly stable?: string };
  readonly resync?: string;
  readonly metrics?: string;
  readonly notes?: boolean;
  readonly hook?: readonly string[];
}

/** Where values stand, and what is found wrong with them. */
interface Desk {
  readonly home: string;
  readonly note: (path: Path, summary: string, hint: string, detail?: string) => void;
}

/** Fills in every default. What the schema cannot say (bounds, what excludes what) is found here. */
export function buildConfig(
  document: ConfigDocument,
  home: string,
  locate: (path: Path) => Place,
): { readonly config: ControllerConfig; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const note: Desk['note'] = (path, summary, hint, detail) => {
    const said = finding('config/value', summary, hint, locate(path));
    diagnostics.push(detail === undefined ? said : { ...said, detail });
  };
  const desk: Desk = { home, note };
  const config: ControllerConfig = {
    repository: document.repository === undefined ? null : absolute(document.repository, home),
    remote: remoteOf(document.remote, desk),
    ref: document.ref ?? null,
    rosters: posix.normalize(document.rosters ?? defaultConfig.rosters).replace(/\/+$/, ''),
    worktree: document.worktree ?? defaultConfig.worktree,
    fastForwardOnly: document.fast_forward_only ?? defaultConfig.fastForwardOnly,
    signatures: signaturesOf(document.signatures, home),
    health: healthOf(document.health ?? {}, desk),
    resyncMs: durationOf(document.resync, ['resync'], defaultConfig.resyncMs, [1000, 24 * hour], desk),
    metrics: document.metrics === undefined ? null : metricsOf(document.metrics, desk),
    notes: document.notes ?? defaultConfig.notes,
    hook: document.hook === undefined ? null : hookOf(document.hook, desk),
  };
  judgeWorktree(config, desk);
  return { config, diagnostics };
}

const hour = 3_600_000;

function absolute(path: string, home: string): string {
  const whole = posix.normalize(path.startsWith('~/') ? posix.join(home, path.slice(2)) : path);
  return whole === '/' ? whole : whole.replace(/\/+$/, '');
}

function remoteOf(remote: ConfigDocument['remote'], desk: Desk): ControllerConfig['remote'] {
  if (remote === undefined) return null;
  const url = /^(?:~\/|\/)/.test(remote.url) ? absolute(remote.url, desk.home) : remote.url;
  const intervalMs = durationOf(remote.interval, ['remote', 'interval'], defaultIntervalMs, [1000, 24 * hour], desk);
  return { url, intervalMs };
}

function signaturesOf(signatures: ConfigDocument['signatures'], home: string): SignaturePolicy | null {
  if (signatures === undefined) return null;
  return signatures.format === 'ssh'
    ? { format: 'ssh', allowedSigners: absolute(signatures.allowed_signers ?? '', home) }
    : { format: 'gpg', home: absolute(signatures.home ?? '', home) };
}

function healthOf(health: NonNullable<ConfigDocument['health']>, desk: Desk): ControllerConfig['health'] {
  const { deadlineMs: usual, stableMs: usually } = defaultConfig.health;
  const deadlineMs = durationOf(health.deadline, ['health', 'deadline'], usual, [1000, hour], desk);
  const shorter = Math.min(usually, deadlineMs);
  const stableMs = durationOf(health.stable, ['health', 'stable'], shorter, [100, hour / 6], desk);
  if (stableMs > deadlineMs) {
    const summary = `stable: ${formatDuration(stableMs)} is longer than the deadline of ${formatDuration(deadlineMs)}`;
    desk.note(['health', 'stable'], summary, 'no revision could ever prove itself: make the one shorter or the other longer');
  }
  return { deadlineMs, stableMs };
}

function durationOf(
  text: string | undefined,
  path: Path,
  otherwise: number,
  [least, most]: readonly [number, number],
  { note }: Desk,
): number {
  if (text === undefined) return otherwise;
  const length = parseDuration(text);
  if (length >= least && length <= most) return length;
  const bounds = `${formatDuration(least)} to ${formatDuration(most)}`;
  note(path, `${String(path.at(-1))}: ${text} is too ${length < least ? 'short' : 'long'}`, `expected ${bounds}`);
  return otherwise;
}

function metricsOf(text: string, { home, note }: Desk): ControllerConfig['metrics'] {
  const read = readMetrics(text, (path) => absolute(path, home));
  if ('at' in read) return read.at;
  note(['metrics'], `metrics: ${quoted(text)} ${read.refused}`, read.hint, read.why);
  return null;
}

function hookOf(hook: readonly string[], { home, note }: Desk): readonly string[] {
  const [program = '', ...rest] = hook;
  const path = /^(?:~\/|\/)/.test(program);
  if (!path)
    note(['hook', 0], `hook: ${quoted(program)} is no path of a program`, 'write an absolute path, or one that starts with ~/');
  return [path ? absolute(program, home) : program, ...rest];
}

/** Uncommitted files have no signature, and there are none of them in a repository that was fetched. */
function judgeWorktree({ worktree, remote, signatures }: ControllerConfig, { note }: Desk): void {
  if (!worktree) return;
  if (remote !== null) note(['worktree'], 'worktree: a remote has no working tree', 'take one of the two out');
  if (signatures !== null)
    note(
      ['worktree'],
      'worktree: uncommitted files carry no signature',
      'take one of the two out: signatures would mean nothing',
    );
}
