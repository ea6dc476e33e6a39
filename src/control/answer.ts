import type { Socket } from 'node:net';
import { PortError } from '../model/ports.ts';

/** An answer of which the head has come. */
export interface Answer {
  readonly status: number;
  /** Bytes of the body; `null`: it ends with the connection. */
  readonly length: number | null;
  /** What of the body came with the head. */
  readonly begun: Buffer;
}

/** Reads the head, and leaves the connection paused. */
export function headOf(socket: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      text = text.length === 0 ? chunk : Buffer.concat([text, chunk]);
      const end = text.indexOf('\r\n\r\n');
      if (end < 0 && text.length <= longestHead) return;
      socket.off('data', take).off('error', reject).off('close', hungUp).pause();
      const head = end < 0 ? null : parsed(text.toString('latin1', 0, end));
      if (head === null) reject(new PortError('failed', 'what answers at the control socket is no controller'));
      else resolve({ ...head, begun: text.subarray(end + 4) });
    };
    const hungUp = (): void => reject(cutShort());
    socket.on('data', take).once('error', reject).once('close', hungUp);
  });
}

const longestHead = 16 * 1024;

function parsed(head: string): Pick<Answer, 'status' | 'length'> | null {
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1];
  const length = /^content-length: *(\d+)\r?$/im.exec(head)?.[1];
  return status === undefined ? null : { status: Number(status), length: length === undefined ? null : Number(length) };
}

/** More than any answer ever is. */
const largest = 64 * 1024 * 1024;

/** The whole body. Rejects where the connection ends before it. */
export function bodyOf(socket: Socket, { length, begun }: Answer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (isOver: boolean): void => {
      if (length === null ? isOver : size >= length) resolve(Buffer.concat(chunks).toString('utf8', 0, length ?? size));
      else if (isOver) reject(cutShort());
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > largest) reject(new PortError('failed', `the controller answers with over ${largest} bytes`));
      else end(false);
    };
    socket
      .on('data', take)
      .once('error', reject)
      .once('close', () => end(true));
    take(begun);
    socket.resume();
  });
}

const cutShort = (): PortError => new PortError('failed', 'the controller hung up before its answer was whole');
