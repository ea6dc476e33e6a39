import { messageOf } from './message-of.ts';
import { PortError, type PortErrorKind } from './ports.ts';

/** Makes every failure of `run` a `PortError` that says what was being done: `cannot start mosaic-agent@coder0.service: …`. */
export function asPortError<Given extends readonly unknown[], Value>(
  doing: (...given: Given) => string,
  run: (...given: Given) => Promise<Value>,
  kindOf: (error: unknown) => PortErrorKind = () => 'failed',
): (...given: Given) => Promise<Value> {
  return async (...given) => {
    try {
      return await run(...given);
    } catch (error) {
      const kind = error instanceof PortError ? error.kind : kindOf(error);
      const why = messageOf(error);
      throw new PortError(kind, `cannot ${doing(...given)}: ${why}`, { cause: error });
    }
  };
}
