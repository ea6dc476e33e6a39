/** An edit that cannot be made so that nothing else changes. */
export interface EditProblem {
  /** What cannot be done: one line, no full stop. */
  readonly summary: string;
  readonly detail?: string;
  /** What to do by hand. */
  readonly hint: string;
  /** Offset into the text without its byte order mark. */
  readonly at: number;
}

export class EditRefused extends Error {
  readonly problem: EditProblem;
  constructor(problem: EditProblem) {
    super(problem.summary);
    this.name = 'EditRefused';
    this.problem = problem;
  }
}
