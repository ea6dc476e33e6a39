import type { ControlErrorBody, ControlErrorCode } from './protocol.ts';

const statuses: Readonly<Record<ControlErrorCode, number>> = {
  'bad-request': 400,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'too-many': 503,
  refused: 409,
  'no-plan': 503,
  timeout: 504,
  internal: 500,
};

/** Ends a request with words for whoever made it. Thrown by the steps of a request, answered at one place. */
export class Problem extends Error {
  readonly code: ControlErrorCode;
  readonly hint: string;

  constructor(code: ControlErrorCode, summary: string, hint: string) {
    super(summary);
    this.name = 'Problem';
    this.code = code;
    this.hint = hint;
  }

  get status(): number {
    return statuses[this.code];
  }

  get body(): ControlErrorBody {
    return { format_version: '1.0', error: { code: this.code, summary: this.message, hint: this.hint } };
  }
}
