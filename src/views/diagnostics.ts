import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import { visible } from '../model/visible.ts';
import { counted, type Style } from './style.ts';

type Sources = ReadonlyMap<string, string>;

/** Findings for people: what, where with the line itself, why, what to do. Ends with a line break; empty without findings. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], sources: Sources, style: Style): string {
  return diagnostics.map((diagnostic) => `${renderDiagnostic(diagnostic, sources, style)}\n`).join('\n');
}

function renderDiagnostic(diagnostic: Diagnostic, sources: Sources, style: Style): string {
  const { severity, code, summary, detail, hint } = diagnostic;
  return [
    `${label(severity, style)}${style.dim(`[${code}]`)} ${style.bold(visible(summary))}`,
    ...frame(diagnostic, sources, style),
    ...(detail === undefined ? [] : [`  ${visible(detail)}`]),
    ...(hint === undefined ? [] : [`  ${style.cyan('help:')} ${visible(hint)}`]),
  ].join('\n');
}

function label(severity: Severity, style: Style): string {
  switch (severity) {
    case 'error':
      return style.red(style.bold('error'));
    case 'warning':
      return style.yellow(style.bold('warning'));
    case 'notice':
      return style.cyan(style.bold('notice'));
  }
}

const longest = 160;

/** The line at fault between its neighbours, with a caret below; only the place where the text is not at hand. */
function frame({ place, severity }: Diagnostic, sources: Sources, style: Style): string[] {
  if (place === undefined) return [];
  const where = `  ${style.dim('-->')} ${visible(place.file)}:${place.line}:${place.column}`;
  const lines = sources.get(place.file)?.split(/\r\n|\r|\n/);
  const text = lines?.[place.line - 1];
  if (lines === undefined || text === undefined) return [where];
  const gutter = String(place.line + 1).length;
  const row = (number: number): string[] => {
    const line = lines[number - 1];
    return line === undefined || (number !== place.line && number === lines.length && line === '')
      ? []
      : [`  ${style.dim(`${String(number).padStart(gutter)} |`)} ${shown(line)}`];
  };
  const before = shown(text.slice(0, place.column - 1));
  const marked = text.slice(place.column - 1, Math.max(place.column, (place.endColumn ?? place.column + 1) - 1));
  const width = Math.max(1, Math.min(shown(marked).length, longest - before.length));
  const caret = severity === 'error' ? style.red('^'.repeat(width)) : style.yellow('^'.repeat(width));
  const under = before.length < longest ? [`  ${style.dim(`${' '.repeat(gutter)} |`)} ${' '.repeat(before.length)}${caret}`] : [];
  return [where, ...row(place.line - 1), ...row(place.line), ...under, ...row(place.line + 1)];
}

function shown(line: string): string {
  const text = visible(line.replaceAll('\t', '  '));
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** `2 errors, 1 warning`. */
export function countFindings(diagnostics: readonly Diagnostic[]): string {
  const severities: Severity[] = ['error', 'warning', 'notice'];
  return severities
    .map((severity) => [severity, diagnostics.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => counted(count, severity))
    .join(', ');
}
