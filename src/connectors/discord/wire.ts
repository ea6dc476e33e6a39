/** What the connector asks of a network: all that goes to Discord goes through here. */
export interface Wire {
  /** One request, one answer, nothing followed. Rejects with a `WireError`, also when `stop` is aborted. */
  request(request: WireRequest, stop: AbortSignal): Promise<WireAnswer>;
  /** Opens a WebSocket. Exactly one `closed` ends it, also when it never opened. */
  open(url: string, events: SocketEvents): WireSocket;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or a form with files. */
  readonly body: string | FormData | null;
}

export interface WireAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | null;
  readonly text: string;
}

export interface SocketEvents {
  message(text: string): void;
  /** `code`: of the close frame; `null`: there was none. `opened`: whether there was a connection at all. */
  closed(end: { readonly code: number | null; readonly opened: boolean; readonly detail: string }): void;
}

export interface WireSocket {
  send(text: string): void;
  /** Ends it in good order; whoever does not answer in time is cut off. */
  close(code: number): void;
}

export class WireError extends Error {
  /** Whether anything may have got as far as the server. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}
