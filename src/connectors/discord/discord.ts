import type { ConnectorFactory } from '../../model/connectors.ts';
import { lazyConnector } from '../lazy.ts';
import { problemsOf, tokenName, traits } from './settings.ts';

/** A channel of a Discord server, with its threads. How to set one up: `docs/connectors/discord.md`. */
export const discordFactory: ConnectorFactory = {
  kind: 'discord',
  secrets: [tokenName],
  problems: problemsOf,
  channel: ({ channel_id }) => ({ setting: 'channel_id', id: String(channel_id), noun: 'channel' }),
  operators: (named) => named,
  create: (setting) =>
    lazyConnector({ kind: 'discord', traits }, async () => {
      const { discordConnector, realWire } = await import('./connector.ts');
      return discordConnector(realWire, setting);
    }),
  login: async (ask, setting) => {
    const { login, realWire } = await import('./connector.ts');
    return login(realWire, ask, setting);
  },
  check: async (setting) => {
    const { check, realWire } = await import('./connector.ts');
    return check(realWire, setting);
  },
};
