import type { ConnectorSetting, LoginAsk, Missing } from '../../model/connectors.ts';
import { badToken, inspect } from './inspect.ts';
import { restClient } from './rest.ts';
import { settingsOf, tokenName, tokenOf } from './settings.ts';
import type { Wire } from './wire.ts';

/** Takes the token of a bot, which can only be given, and says who it is and what it lacks. Rejects where it is not accepted. */
export async function login(wire: Wire, ask: LoginAsk, setting: ConnectorSetting): Promise<Readonly<Record<string, string>>> {
  ask.tell(
    'The token is in the Discord developer portal, https://discord.com/developers/applications: your application, Bot, Reset Token.',
  );
  const given = await ask.secret('Token of the bot');
  const token = tokenOf({ [tokenName]: given });
  if (typeof token !== 'string') throw new Error(`${token.detail}: ${token.remedy}`);
  const secrets = { ...setting.secrets, [tokenName]: token };
  const missing = await check(wire, { ...setting, secrets });
  const refused = missing.find(({ what }) => what === 'token');
  if (refused !== undefined) throw new Error(`${refused.detail}: ${refused.remedy}`);
  for (const { detail, remedy } of missing) ask.tell(`Missing: ${detail}. What to do: ${remedy}.`);
  return { [tokenName]: token };
}

/** What the token and the settings lack. Rejects where the server cannot be asked. */
export async function check(wire: Wire, setting: ConnectorSetting): Promise<readonly Missing[]> {
  const settings = settingsOf(setting.settings);
  const token = tokenOf(setting.secrets);
  if (typeof token !== 'string') return [token];
  const { clock } = setting;
  const rest = restClient({ wire, clock, base: settings.base, token, heard: () => {} });
  const found = await inspect(rest, settings, new AbortController().signal);
  if (found.kind === 'unauthorized') return [badToken];
  if (found.kind === 'failed') throw new Error(`Discord could not be asked: ${found.detail}`);
  return found.missing;
}
