import { recordLog } from '../../src/host/record-log.ts';
import { isFields, isText } from '../../src/model/shape.ts';

interface Noted {
  readonly format_version: '1.0';
  readonly text: string;
}

/** A process of its own that appends as many records as it is told, some of them long, and says which are written. */
async function write([directory = '', name = '', count = '']: readonly string[]): Promise<void> {
  const isRecord = (value: unknown): value is Noted => isFields(value) && isText(value.text);
  const log = recordLog<Noted>({ directory, name: 'log', isRecord, isForeign: () => true });
  for (let index = 0; index < Number(count); index += 1) {
    await log.append([{ format_version: '1.0', text: `${name}${index} ${'x'.repeat(index % 7 === 0 ? 30_000 : 20)}` }]);
    process.send?.(`${name}${index}`);
  }
}

await write(process.argv.slice(2));
