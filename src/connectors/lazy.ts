import { type ChatConnector, notHeardYet, type Subscription } from '../model/connectors.ts';
import { messageOf } from '../model/message-of.ts';

/** What is known of a connector before its code is loaded. */
export type Known = Pick<ChatConnector, 'kind' | 'traits'>;

/** A connector whose code is loaded once it is wanted: most commands judge rosters, and talk to no server. */
export function lazyConnector({ kind, traits }: Known, load: () => Promise<ChatConnector>): Required<ChatConnector> {
  let loading: Promise<ChatConnector> | null = null;
  let loaded: ChatConnector | null = null;
  let trouble: string | null = null;
  const connector = async (): Promise<ChatConnector> => {
    loading ??= load();
    loaded = await loading;
    return loaded;
  };
  return {
    kind,
    traits,
    send: async (part) => (await connector()).send(part),
    find: async (part) => (await (await connector()).find?.(part)) ?? { found: 'unknown', detail: `${kind} cannot be asked` },
    subscribe: (cursor, receive) => {
      const opened: Promise<Subscription> = connector().then((made) => made.subscribe(cursor, receive));
      opened.catch((error: unknown) => {
        trouble = messageOf(error);
      });
      return {
        close: async () => {
          if (trouble === null) await (await opened).close();
        },
      };
    },
    health: () => loaded?.health() ?? (trouble === null ? unloaded : { ...unloaded, phase: 'stopped', detail: trouble }),
    courtesy: (sign) => loaded?.courtesy?.(sign),
  };
}

const unloaded = notHeardYet('it is being started');
