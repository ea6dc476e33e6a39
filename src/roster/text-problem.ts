import type { DiagnosticCode } from '../model/diagnostic.ts';
import type { Span } from './written.ts';

/** A finding about the text itself, before its meaning. */
export interface TextProblem extends Span {
  readonly code: DiagnosticCode;
  readonly summary: string;
  readonly hint?: string;
}
