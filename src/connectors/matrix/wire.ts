/** One request, and what came of it. Nothing is followed, nothing is tried again here. */
export type Wire = (request: WireRequest, stop: AbortSignal) => Promise<WireAnswer>;

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  /** An answer that is longer is none: it rejects. */
  readonly mostBytes: number;
}

export interface WireAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** No answer, or half of one. */
export class WireError extends Error {
  /** Whether anything may have got as far as the server. */
  readonly sent: boolean;
  /** A connection from before was closed by the other side: at once and once more makes sense. */
  readonly stale: boolean;

  constructor(message: string, { sent, stale = false }: { readonly sent: boolean; readonly stale?: boolean }) {
    super(message);
    this.sent = sent;
    this.stale = stale;
  }
}
