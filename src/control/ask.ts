import { connect, type Socket } from 'node:net';

/**
 * Sends a request, `body` as JSON. It is HTTP/1.0, in which the end of the connection is the end of the answer: that is read without Node's
 * client, which a start would load for milliseconds. Whoever asks listens for errors.
 */
export function ask(socketPath: string, method: 'GET' | 'POST', path: string, body?: object): Socket {
  const text = body === undefined ? '' : JSON.stringify(body);
  const kind = text === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  const socket = connect(socketPath);
  socket.write(`${method} ${path} HTTP/1.0\r\nhost: controller\r\n${kind}\r\n${text}`);
  return socket;
}
