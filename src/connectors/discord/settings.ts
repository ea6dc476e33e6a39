import type { ConnectorSetting, ConnectorTraits, Missing, SettingProblem } from '../../model/connectors.ts';
import { found, nearest, quoted } from '../../roster/wording.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';

export const tokenName = 'DISCORD_BOT_TOKEN';

const usualBase = 'https://discord.com/api/v10';

export const traits: ConnectorTraits = {
  // "Message contents (up to 2000 characters)"
  limit: { unit: 'characters', most: 2000 },
  // Discord remembers a nonce for "the past few minutes".
  transactionMs: 120_000,
  order: 'thread',
  // A heartbeat is answered about every 41 seconds.
  deafAfterMs: 150_000,
};

export interface DiscordSettings {
  readonly channelId: Snowflake;
  /** `null`: whichever guild the channel is in. */
  readonly guildId: Snowflake | null;
  /** Without a slash at its end. */
  readonly base: string;
  /** Each message in the channel begins a topic of its own, which is answered in a thread. */
  readonly autoThread: boolean;
}

/** What is wrong with the block `discord` of a roster, and with who may speak. */
export const problemsOf = ({ operators, settings }: Block): readonly SettingProblem[] => [
  ...settingProblems(settings),
  ...operators.flatMap((operator, index) => (isSnowflake(operator) ? [] : notAUser(operator, index))),
];

type Block = { readonly operators: readonly string[]; readonly settings: ConnectorSetting['settings'] };

const notAUser = (operator: string, index: number): SettingProblem => ({
  path: ['operators', index],
  summary: `operators: ${found(operator, '')} is not an id that discord knows`,
  hint: 'expected a user id of 15 to 20 digits, in quotes',
});

function settingProblems(settings: ConnectorSetting['settings']): readonly SettingProblem[] {
  const { channel_id, guild_id, api_base_url, auto_thread } = settings;
  const of = (key: string, expected: string): SettingProblem[] => [
    {
      path: ['settings', key],
      summary:
        settings[key] === undefined
          ? `the discord connector has no ${key}`
          : `${key}: ${found(settings[key], key)} is not allowed`,
      hint: `expected ${expected}`,
    },
  ];
  return [
    ...(isSnowflake(channel_id) ? [] : of('channel_id', 'an id of 15 to 20 digits, in quotes: it is too long for a number')),
    ...(guild_id === undefined || isSnowflake(guild_id)
      ? []
      : of('guild_id', 'an id of 15 to 20 digits, in quotes: it is too long for a number')),
    ...(api_base_url === undefined || isBase(api_base_url)
      ? []
      : of('api_base_url', 'an https URL such as https://discord.com/api/v10; http only on this host')),
    ...(auto_thread === undefined || flags.has(auto_thread) ? [] : of('auto_thread', 'true or false')),
    ...Object.keys(settings).flatMap((key) => (known.includes(key) ? [] : unknownSetting(key))),
  ];
}

const known = ['channel_id', 'guild_id', 'api_base_url', 'auto_thread'];
/** As YAML has them, and as they are typed after `muster connector set`. */
const flags = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
]);

function unknownSetting(key: string): SettingProblem {
  const near = nearest(key, known);
  return {
    path: ['settings', key],
    summary: `the discord connector has no setting ${quoted(key)}`,
    hint: near === null ? `it has: ${known.join(', ')}` : `did you mean \`${near}\`?`,
  };
}

/** What admission has let through. Throws where it has not. */
export function settingsOf(settings: ConnectorSetting['settings']): DiscordSettings {
  const { channel_id, guild_id, api_base_url, auto_thread } = settings;
  const [problem] = settingProblems(settings);
  if (!isSnowflake(channel_id) || problem !== undefined) throw new Error(`${problem?.summary}: ${problem?.hint}`);
  return {
    channelId: channel_id,
    guildId: isSnowflake(guild_id) ? guild_id : null,
    base: (typeof api_base_url === 'string' ? api_base_url : usualBase).replace(/\/+$/, ''),
    autoThread: flags.get(auto_thread) ?? false,
  };
}

/** The token crosses networks encrypted, or none. */
function isBase(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isThisHost(hostname));
}

const isThisHost = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Whether the token may be told to a gateway at this URL: it is Discord's, or on the host of the API or below it. */
export function isGatewayOf(base: string, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const api = new URL(base);
  const gateway = new URL(url);
  if (gateway.username !== '' || gateway.password !== '') return false;
  if (gateway.protocol !== 'wss:' && !(gateway.protocol === 'ws:' && api.protocol === 'http:')) return false;
  const hosts = api.hostname === 'discord.com' ? ['discord.gg', 'discord.com'] : [api.hostname];
  return hosts.some((host) => gateway.hostname === host || gateway.hostname.endsWith(`.${host}`));
}

/** The token as it is sent; what cannot be one is told, and never sent. */
export function tokenOf(secrets: ConnectorSetting['secrets']): string | Missing {
  const token = (secrets[tokenName] ?? '').trim().replace(/^Bot\s+/i, '');
  if (/^[\w.=+/-]{10,200}$/.test(token)) return token;
  const detail = token === '' ? `there is no ${tokenName}` : `${tokenName} does not look like the token of a bot`;
  return { what: 'token', detail, remedy: tokenRemedy };
}

export const tokenRemedy =
  'in the Discord developer portal open your application, then Bot, then Reset Token, and give the new one to `muster connector login FLEET`';
