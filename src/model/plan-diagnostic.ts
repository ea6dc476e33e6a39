import type { Diagnostic } from './diagnostic.ts';
import type { PlanDiagnostic } from './plan.ts';

/** A finding with its place flattened, as JSON has it. */
export function planDiagnostic({ place, ...finding }: Diagnostic): PlanDiagnostic {
  return place === undefined ? finding : { ...finding, file: place.file, line: place.line, column: place.column };
}
