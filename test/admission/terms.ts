import type { ConnectorTerms } from '../../src/model/connectors.ts';

/** A connector that is on every host of its own. */
export const local: ConnectorTerms = {
  kind: 'tmux',
  problems: () => [],
  channel: () => null,
  operators: (named, tenant) => [tenant, ...named],
};

/** One with a room that others can reach: room numbers, and operators by number. */
export const roomy = (kind: string): ConnectorTerms => ({
  kind,
  problems: ({ operators, settings: { room } }) => [
    ...(room === undefined
      ? [{ path: ['settings', 'room'], summary: `the ${kind} connector has no room`, hint: 'name one' }]
      : isNumber(room)
        ? []
        : [{ path: ['settings', 'room'], summary: 'room: that is no room', hint: 'expected a number, in quotes' }]),
    ...operators.flatMap((operator, index) =>
      isNumber(operator)
        ? []
        : [{ path: ['operators', index], summary: `operators: ${operator} may change hands`, hint: 'expected a number' }],
    ),
  ],
  channel: ({ room }) => ({ setting: 'room', id: String(room), noun: 'room' }),
  operators: (named) => named,
});

/** One whose settings may be anything. */
export const lenient = (kind: string): ConnectorTerms => ({ ...local, kind });

const isNumber = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value);
