import type { ConnectorSetting, LoginAsk, Missing } from '../../model/connectors.ts';
import { isFields } from '../../model/shape.ts';
import { badToken, inspect, inviteLink } from './inspect.ts';
import { type Rest, restClient } from './rest.ts';
import { settingsOf, tokenName, tokenOf } from './settings.ts';
import { isSnowflake } from './snowflake.ts';
import type { Wire } from './wire.ts';

/** Takes the token of a bot, which can only be given, and says whose it is. What it lacks is told by `check`. Rejects where it is not accepted. */
export async function login(wire: Wire, ask: LoginAsk, setting: ConnectorSetting): Promise<Readonly<Record<string, string>>> {
  ask.tell(
    'The token is in the Discord developer portal, https://discord.com/developers/applications: your application, Bot, Reset Token.',
  );
  const token = tokenOf({ [tokenName]: await ask.secret('Token of the bot') });
  if (typeof token !== 'string') throw new Error(`${token.detail}: ${token.remedy}`);
  const answer = await restOf(wire, setting, token).ask('/users/@me', new AbortController().signal);
  if (answer.kind === 'unauthorized') throw new Error(`${badToken.detail}: ${badToken.remedy}`);
  const bot = answer.kind === 'ok' && isFields(answer.body) ? answer.body : {};
  if (isSnowflake(bot.id))
    ask.tell(`It is that of ${String(bot.username)}. Where it is not on your server yet: ${inviteLink(bot.id)}`);
  return { [tokenName]: token };
}

/** What the token and the settings lack. Rejects where the server cannot be asked. */
export async function check(wire: Wire, setting: ConnectorSetting): Promise<readonly Missing[]> {
  const settings = settingsOf(setting.settings);
  const token = tokenOf(setting.secrets);
  if (typeof token !== 'string') return [token];
  const found = await inspect(restOf(wire, setting, token), settings, new AbortController().signal);
  if (found.kind === 'unauthorized') return [badToken];
  if (found.kind === 'failed') throw new Error(`Discord could not be asked: ${found.detail}`);
  return found.missing;
}

const restOf = (wire: Wire, { clock, settings }: ConnectorSetting, token: string): Rest =>
  restClient({ wire, clock, base: settingsOf(settings).base, token, heard: () => {} });
