import type { Diagnostic } from '../model/diagnostic.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import type { RosterSet } from '../model/roster.ts';
import { renderDiagnostics } from '../views/diagnostics.ts';
import { renderAnnotations } from '../views/github.ts';
import { renderJson } from '../views/json.ts';
import { renderDenialMarkdown } from '../views/plan-all.ts';
import { type Style, styleFor } from '../views/style.ts';
import type { Context, Output } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import type { Refusal } from './refusal.ts';

/** Colour only for a terminal, unless NO_COLOR, `--no-color` or FORCE_COLOR say otherwise (no-color.org, force-color.org). */
export function styleOf(flags: OutputFlags, stream: Output, { env }: Context): Style {
  if (flags.color === false || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return styleFor(false);
  return styleFor((env.FORCE_COLOR ?? '') !== '' ? env.FORCE_COLOR !== '0' : stream.isTTY === true);
}

/** Width of the terminal that data goes to; 0 elsewhere: without limit. */
export const columnsOf = ({ stdout }: Context): number => (stdout.isTTY === true ? (stdout.columns ?? 80) : 0);

/** Data, to standard output. */
export function show(text: string, { stdout }: Context): void {
  stdout.write(text);
}

/** Everything that is not data, to standard error. */
export function tell(text: string, { stderr }: Context): void {
  stderr.write(text);
}

/** Sources may be made when they are asked for, which is only where something is found. */
export function showFindings(
  diagnostics: readonly Diagnostic[],
  from: Pick<RosterSet, 'sources'>,
  flags: OutputFlags,
  context: Context,
): void {
  if (diagnostics.length > 0)
    tell(`${renderDiagnostics(diagnostics, from.sources, styleOf(flags, context.stderr, context))}\n`, context);
}

/** Findings that ended a command: for people on standard error, for scripts as data. */
export function showRefusal({ diagnostics, sources }: Refusal, flags: OutputFlags, context: Context): void {
  const flat = diagnostics.map(planDiagnostic);
  switch (formatOf(flags)) {
    case 'json':
      show(renderJson({ format_version: '1.0', diagnostics: flat }), context);
      break;
    case 'github':
      // Annotations have no lines of the file: those are for whoever reads the log.
      show(renderAnnotations(flat), context);
      tell(renderDiagnostics(diagnostics, sources, styleOf(flags, context.stderr, context)), context);
      break;
    case 'markdown':
      show(renderDenialMarkdown(flat, diagnostics, sources), context);
      tell(renderDiagnostics(diagnostics, sources, styleOf(flags, context.stderr, context)), context);
      break;
    case 'text':
      tell(renderDiagnostics(diagnostics, sources, styleOf(flags, context.stderr, context)), context);
  }
}
