import type { Place } from '../model/diagnostic.ts';
import type { PlanDiagnostic } from '../model/plan.ts';
import { visible } from '../model/visible.ts';

/** Findings as workflow commands, which GitHub shows at their lines. Nothing in a text can end its command or begin another. */
export const renderAnnotations = (diagnostics: readonly PlanDiagnostic[]): string =>
  diagnostics.map((one) => `${annotation(one)}\n`).join('');

function annotation({ severity, code, summary, detail, hint, file, line, column }: PlanDiagnostic): string {
  const place = file === undefined ? [] : [`file=${property(file)}`, `line=${line}`, `col=${column}`];
  const properties = [...place, `title=${property(code)}`].join(',');
  const message = [summary, detail, hint].filter((text) => text !== undefined).join('\n');
  return `::${severity} ${properties}::${data(message)}`;
}

const data = (text: string): string =>
  text.split('\n').map(visible).join('\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** One notice with the plan's summary. */
export const renderNotice = (title: string, text: string): string => `::notice title=${property(title)}::${data(text)}\n`;

/** One remark at a line. */
export const renderNote = (severity: 'warning' | 'notice', { file, line, column }: Place, title: string, text: string): string =>
  `::${severity} file=${property(file)},line=${line},col=${column},title=${property(title)}::${data(text)}\n`;
