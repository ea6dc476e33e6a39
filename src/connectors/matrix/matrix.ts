import type { ConnectorFactory } from '../../model/connectors.ts';
import { lazyConnector } from '../lazy.ts';
import { realWire } from './net.ts';
import { problemsOf, tokenName } from './settings.ts';
import { traits } from './traits.ts';
import type { Wire } from './wire.ts';

/** A room at a Matrix homeserver, over its client-server API. */
export const matrixFactory: ConnectorFactory = factoryOver(realWire);

export function factoryOver(wire: Wire): ConnectorFactory {
  return {
    kind: 'matrix',
    secrets: [tokenName],
    problems: problemsOf,
    channel: ({ room_id }) => ({ setting: 'room_id', id: String(room_id), noun: 'room' }),
    operators: (named) => named,
    create: (setting) =>
      lazyConnector({ kind: 'matrix', traits }, async () => (await import('./connector.ts')).matrixConnector(setting, wire)),
    login: async (ask, setting) => (await import('./login.ts')).login(ask, setting, wire),
    check: async (setting) => (await import('./login.ts')).check(setting, wire),
  };
}
