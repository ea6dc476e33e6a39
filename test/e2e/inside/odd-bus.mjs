/**
 * Stands between the message bus and whoever connects from now on, and handles the signals oddly. Everything else passes as it is.
 *
 *     node odd-bus.mjs SOCKET lost|doubled|late
 *
 * `lost`: the end of a job is never told. `doubled`: each signal comes twice. `late`: signals come up to 300 ms after what was said behind
 * them, and in another order. Says `ready` once it is in between.
 */
import { renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [socket, oddity] = process.argv.slice(2);
const signal = 4;

const oddities = {
  lost: (message, pass) => {
    if (!message.includes('JobRemoved')) pass(message);
  },
  doubled: (message, pass) => {
    pass(message);
    pass(message);
  },
  late: (message, pass) => setTimeout(pass, Math.random() * 300, message),
};

renameSync(socket, `${socket}.real`);
createServer((client) => {
  const bus = connect(`${socket}.real`);
  const end = () => {
    client.destroy();
    bus.destroy();
  };
  for (const side of [client, bus]) side.on('error', end).on('close', end);
  const pass = (bytes) => client.writable && client.write(bytes);
  client.pipe(bus);
  bus.on(
    'data',
    cutting((message) => (message[1] === signal ? oddities[oddity](message, pass) : pass(message)), pass),
  );
}).listen(socket, () => process.stdout.write('ready\n'));

/** Cuts what the bus says into messages; what it says before them, while the two greet each other, goes through. */
function cutting(onMessage, onGreeting) {
  let bytes = Buffer.alloc(0);
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length > 0) {
      if (bytes[0] !== 'l'.charCodeAt(0)) {
        const line = bytes.indexOf('\n') + 1;
        if (line === 0) return;
        onGreeting(bytes.subarray(0, line));
        bytes = bytes.subarray(line);
        continue;
      }
      if (bytes.length < 16) return;
      const length = 16 + Math.ceil(bytes.readUInt32LE(12) / 8) * 8 + bytes.readUInt32LE(4);
      if (bytes.length < length) return;
      onMessage(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
  };
}
