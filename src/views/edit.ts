import type { PlanDiagnostic } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

/** What `add`, `remove`, `set` and `connector set` tell of an edit: format_version 1.0, fields in `docs/cli.md`. */
export interface EditReport {
  readonly format_version: '1.0';
  readonly change: 'add' | 'remove' | 'set' | 'connector';
  /** `null` where it is about no agent. */
  readonly agent: string | null;
  readonly fleet: string;
  /** Absolute. */
  readonly repository: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly outcome: 'unchanged' | 'dry-run' | 'written' | 'committed';
  /** Unified. */
  readonly diff: string;
  readonly commit: { readonly id: string; readonly branch: string } | null;
  /** Commands that carry it on, in their order; empty where a controller follows by itself, or nothing is left to do. */
  readonly next: readonly string[];
  /** What is to be known of the edit besides. */
  readonly remarks: readonly string[];
  /** Findings that were not there before it; none is an error. */
  readonly diagnostics: readonly PlanDiagnostic[];
  /** What `--start` ran, with its exit status and what it printed as JSON. */
  readonly host: { readonly command: 'reconcile' | 'apply'; readonly status: number; readonly result: unknown } | null;
}

/** One line of what was done, one of what comes next. */
export function renderEdit(report: EditReport, subject: string, follows: boolean, style: Style): string {
  const { outcome, next, file } = report;
  const goOn = next.length === 0 ? [] : [`  ${style.cyan('next:')} ${next.map(visible).join(`\n        `)}`];
  switch (outcome) {
    case 'unchanged':
      return `${style.dim('·')} Nothing to change: ${visible(file)} says so already.\n`;
    case 'dry-run':
      return `${style.yellow('·')} ${visible(subject)}: admission would take it. Nothing was written.\n`;
    case 'written':
      return `${[`${style.green('✓')} ${visible(subject)}: written to ${visible(file)}, not committed.`, ...goOn].join('\n')}\n`;
    case 'committed': {
      const done = `${style.green('✓')} ${visible(subject)}: commit ${report.commit?.id.slice(0, 12) ?? ''} on ${visible(report.commit?.branch ?? '')}.`;
      return `${[`${done}${follows ? ' The controller follows.' : ''}`, ...goOn].join('\n')}\n`;
    }
  }
}
