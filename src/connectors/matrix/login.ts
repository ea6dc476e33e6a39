import { hostname } from 'node:os';
import type { ConnectorSetting, LoginAsk, Missing } from '../../model/connectors.ts';
import { type Fields, isCount, isFields, isText } from '../../model/shape.ts';
import { discover } from './discovery.ts';
import { detailOf } from './missing.ts';
import { ask, type Reply } from './request.ts';
import { openRoom } from './room.ts';
import { markOf, openSession, tokenLog } from './session.ts';
import { type MatrixSettings, settingsOf, tokenName } from './settings.ts';
import type { Wire } from './wire.ts';

const withinMs = 30_000;

/**
 * A token that somebody has already, or one by password. A token by password is always of the same device, so that the homeserver knows again
 * what was sent before.
 */
export async function login(person: LoginAsk, setting: ConnectorSetting, wire: Wire): Promise<Readonly<Record<string, string>>> {
  const settings = settingsOf(setting.settings);
  const found = await discover(wire, setting.clock, settings.homeserver);
  if (!('base' in found)) throw new Error(detailOf(found));
  const given = (await person.secret(`Access token of ${settings.userId} (empty: log in with a password)`)).trim();
  if (given !== '') {
    await proved(given, setting, wire);
    return { [tokenName]: given };
  }
  const post: Post = (path, body) =>
    ask(wire, setting.clock, { method: 'POST', url: `${found.base}${path}`, token: null, body, withinMs });
  const flows = await ask(wire, setting.clock, {
    method: 'GET',
    url: `${found.base}/_matrix/client/v3/login`,
    token: null,
    withinMs,
  });
  if (!hasPassword(flows))
    throw new Error('this homeserver takes no passwords here: make a token where it tells you to, and give that instead');
  const password = await person.secret(`Password of ${settings.userId}`);
  const pair = await byPassword(post, { settings, fleet: setting.fleet, password });
  if (pair.refresh !== null) {
    const at = setting.clock.date().toISOString();
    const record = { format_version: '1.0', of: markOf(pair.access), access: pair.access, refresh: pair.refresh, at } as const;
    await tokenLog(setting).append([record]);
  }
  person.tell(`Logged in as ${settings.userId}, device ${deviceOf(setting.fleet)}.`);
  return { [tokenName]: pair.access };
}

type Post = (path: string, body: Fields) => Promise<Reply>;

interface Pair {
  readonly access: string;
  readonly refresh: string | null;
}

export const deviceOf = (fleet: string): string => `MUSTER-${fleet}`;

/** A token that lasts is preferred to one that has to be renewed all the time; where none lasts it is asked for one that can be. */
async function byPassword(
  post: Post,
  { settings, fleet, password }: { readonly settings: MatrixSettings; readonly fleet: string; readonly password: string },
): Promise<Pair> {
  const body = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: settings.userId },
    password,
    device_id: deviceOf(fleet),
    initial_device_display_name: `Muster, fleet ${fleet} on ${hostname()}`,
  };
  const lasting = tokensIn(await post('/_matrix/client/v3/login', body), settings);
  if (!lasting.expires) return { access: lasting.access, refresh: null };
  const renewable = tokensIn(await post('/_matrix/client/v3/login', { ...body, refresh_token: true }), settings);
  return { access: renewable.access, refresh: renewable.refresh };
}

interface Tokens extends Pair {
  readonly expires: boolean;
}

function tokensIn(reply: Reply, { userId }: MatrixSettings): Tokens {
  if (reply.kind === 'refused' && reply.status === 403)
    throw new Error(`the homeserver does not let ${userId} in with that password`);
  if (reply.kind === 'limited') throw new Error('too many logins for now: wait a while, then try again');
  if (reply.kind !== 'ok') throw new Error(`the login failed: ${reply.detail}`);
  const { access_token, refresh_token, user_id, expires_in_ms } = reply.fields;
  if (!isText(access_token) || user_id !== userId)
    throw new Error('the homeserver answers with another user, or without a token');
  return { access: access_token, refresh: isText(refresh_token) ? refresh_token : null, expires: isCount(expires_in_ms) };
}

const hasPassword = (reply: Reply): boolean =>
  reply.kind === 'ok' &&
  Array.isArray(reply.fields.flows) &&
  reply.fields.flows.some((flow) => isFields(flow) && flow.type === 'm.login.password');

/** A token that is not one of the fleet's user is not kept. */
async function proved(token: string, setting: ConnectorSetting, wire: Wire): Promise<void> {
  const session = sessionOf({ ...setting, secrets: { [tokenName]: token } }, wire);
  const trouble = await session.begin();
  if (trouble !== null) throw new Error(detailOf(trouble));
}

const sessionOf = (setting: ConnectorSetting, wire: Wire) =>
  openSession({
    wire,
    clock: setting.clock,
    settings: settingsOf(setting.settings),
    secrets: setting.secrets,
    tokens: tokenLog(setting),
    onReply: () => {},
  });

/** What the token and the room lack. */
export async function check(setting: ConnectorSetting, wire: Wire): Promise<readonly Missing[]> {
  const settings = settingsOf(setting.settings);
  const session = sessionOf(setting, wire);
  const room = openRoom(session, settings, setting.clock);
  const trouble = (await session.begin()) ?? (await room.enter());
  if (trouble?.is === 'lacking') return [trouble.missing];
  if (trouble !== null) throw new Error(trouble.detail);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.id() ?? '')}/state/m.room.power_levels/`;
  const levels = await session.call({ method: 'GET', path });
  return levels.kind !== 'ok' || maySpeak(levels.fields, settings.userId) ? [] : [muted(settings)];
}

/** https://spec.matrix.org/v1.12/client-server-api/#mroompower_levels */
function maySpeak(levels: Fields, userId: string): boolean {
  const users = isFields(levels.users) ? levels.users : {};
  const events = isFields(levels.events) ? levels.events : {};
  const own = numberIn(users[userId]) ?? numberIn(levels.users_default) ?? 0;
  return own >= (numberIn(events['m.room.message']) ?? numberIn(levels.events_default) ?? 0);
}

const numberIn = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const muted = ({ userId, room }: MatrixSettings): Missing => ({
  what: 'm.room.message',
  detail: `${userId} may not send messages in the room ${room}`,
  remedy: 'give it the power level that the room asks for messages, in the settings of the room',
});
