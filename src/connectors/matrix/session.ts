import { createHash } from 'node:crypto';
import type { ConnectorClock, ConnectorSetting, Missing } from '../../model/connectors.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { isFormat, isText, isTime, shapeOf } from '../../model/shape.ts';
import { discover } from './discovery.ts';
import { barredUser, deadToken, lacking, later, noToken, otherUser, type Trouble } from './missing.ts';
import { type Ask, ask, type Reply } from './request.ts';
import { type MatrixSettings, tokenName } from './settings.ts';
import type { Wire } from './wire.ts';

/** What is asked of the homeserver as the fleet's user. */
export interface Call extends Pick<Ask, 'method' | 'body' | 'raw' | 'mostBytes'> {
  /** From `/_matrix` on. */
  readonly path: string;
  readonly withinMs?: number;
}

/** An account at a homeserver. */
export interface Session {
  /** Finds the homeserver and who we are there, once. `null`: all is well. */
  begin(stop?: AbortSignal): Promise<Trouble | null>;
  /** With a token that is renewed where that is possible. Only after `begin`. */
  call(call: Call, stop?: AbortSignal): Promise<Reply>;
  /** A token that is good for nothing any more; nothing is asked with it again. */
  lost(): Missing | null;
  /** That, or why the homeserver does not serve the user now. */
  missing(): Missing | null;
  /** Device of the token: transactions are known again to the same one only. `null` until it is known. */
  device(): string | null;
}

/** A pair that the homeserver has given in the place of what was configured, or with it. */
export interface TokenRecord {
  readonly format_version: '1.0';
  /** Which configured token it stands for. */
  readonly of: string;
  readonly access: string;
  readonly refresh: string;
  readonly at: string;
}

export const isTokenRecord = shapeOf<TokenRecord>({
  format_version: isFormat,
  of: isText,
  access: isText,
  refresh: isText,
  at: isTime,
});

/** A login writes to it from a process of its own. */
export const tokenLog = ({ log }: Pick<ConnectorSetting, 'log'>): RecordLog<TokenRecord> =>
  log('tokens', isTokenRecord, () => true);

export const markOf = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32);

export interface SessionDeps {
  readonly wire: Wire;
  readonly clock: ConnectorClock;
  readonly settings: MatrixSettings;
  readonly secrets: ConnectorSetting['secrets'];
  readonly tokens: RecordLog<TokenRecord>;
  readonly onReply: (reply: Reply) => void;
}

const usualWithinMs = 30_000;

export function openSession({ wire, clock, settings, secrets, tokens, onReply }: SessionDeps): Session {
  const configured = (secrets[tokenName] ?? '').trim();
  let base: string | null = null;
  let access = configured;
  let refresh: string | null = null;
  let isRead = false;
  let device: string | null = null;
  let lost: Missing | null = /^[\x21-\x7e]+$/.test(configured) ? null : noToken;
  let barred: Missing | null = null;
  let beginning: Promise<Trouble | null> | null = null;
  let renewing: Promise<Reply | null> | null = null;

  const request = async (call: Call, stop?: AbortSignal): Promise<Reply> => {
    const { path, withinMs = usualWithinMs, ...rest } = call;
    const reply = await ask(wire, clock, { ...rest, url: `${base}${path}`, token: access, withinMs }, stop);
    if (stop?.aborted !== true) onReply(reply);
    if (reply.kind === 'ok') barred = null;
    else if (reply.kind === 'refused' && barring.has(reply.errcode)) barred = barredUser(settings.userId, reply.errcode);
    return reply;
  };

  /** `null`: there is another token now. */
  const renew = async (refused: Reply & { readonly kind: 'refused' }): Promise<Reply | null> => {
    if (refresh === null) {
      lost = deadToken(refused.errcode, refused.soft);
      return refused;
    }
    const body = { refresh_token: refresh };
    const url = `${base}/_matrix/client/v3/refresh`;
    const reply = await ask(wire, clock, { method: 'POST', url, token: null, body, withinMs: usualWithinMs });
    onReply(reply);
    if (reply.kind === 'refused') {
      lost = deadToken(reply.errcode, false);
      return refused;
    }
    if (reply.kind !== 'ok') return { ...reply, ...(reply.kind === 'failed' && { sent: false }) };
    if (!isText(reply.fields.access_token)) return { kind: 'failed', sent: false, detail: 'a renewal without a token' };
    const next = isText(reply.fields.refresh_token) ? reply.fields.refresh_token : refresh;
    const record = { format_version: '1.0', of: markOf(configured), access: reply.fields.access_token, refresh: next } as const;
    try {
      // Before it is used: from then on the former one is worth nothing.
      await tokens.append([{ ...record, at: clock.date().toISOString() }]);
    } catch {
      return { kind: 'failed', sent: false, detail: 'a renewed token could not be written down' };
    }
    access = record.access;
    refresh = next;
    return null;
  };

  const call = async (call: Call, stop?: AbortSignal): Promise<Reply> => {
    for (let renewals = 0; ; renewals += 1) {
      if (lost !== null) return { kind: 'refused', status: 401, errcode: 'M_UNKNOWN_TOKEN', soft: false, detail: lost.detail };
      const used = access;
      const reply = await request(call, stop);
      if (reply.kind !== 'refused' || !isTokenRefused(reply)) return reply;
      if (used !== access) continue;
      if (renewals > 1) return reply;
      renewing ??= renew(reply).finally(() => {
        renewing = null;
      });
      const outcome = await renewing;
      if (outcome !== null) return outcome;
    }
  };

  const begin = async (stop?: AbortSignal): Promise<Trouble | null> => {
    if (lost !== null) return lacking(lost);
    if (!isRead) {
      const { records } = await tokens.read();
      const kept = records.findLast(({ of }) => of === markOf(configured));
      access = kept?.access ?? configured;
      refresh = kept?.refresh ?? null;
      isRead = true;
      await tokens.compact(latestOnly);
    }
    if (base === null) {
      const found = await discover(wire, clock, settings.homeserver, stop);
      if (!('base' in found)) {
        if (stop?.aborted !== true) onReply({ kind: 'failed', sent: false, detail: '' });
        return found;
      }
      base = found.base;
    }
    const reply = await call({ method: 'GET', path: '/_matrix/client/v3/account/whoami' }, stop);
    if (reply.kind !== 'ok') return lost === null ? troubleOf(reply, settings.userId) : lacking(lost);
    const { user_id, device_id } = reply.fields;
    if (!isText(user_id)) return later('the homeserver does not say who we are');
    if (user_id !== settings.userId) {
      lost = otherUser(settings.userId, user_id);
      return lacking(lost);
    }
    device = isText(device_id) ? device_id : '';
    return null;
  };

  return {
    begin: async (stop) => {
      if (device !== null) return lost === null ? null : lacking(lost);
      beginning ??= begin(stop).finally(() => {
        beginning = null;
      });
      return beginning;
    },
    call,
    lost: () => lost,
    missing: () => lost ?? barred,
    device: () => device,
  };
}

const latestOnly = (records: readonly TokenRecord[]): readonly TokenRecord[] =>
  records.filter((record, index) => records.findLastIndex(({ of }) => of === record.of) === index);

const isTokenRefused = ({ errcode }: { readonly errcode: string }): boolean =>
  errcode === 'M_UNKNOWN_TOKEN' || errcode === 'M_MISSING_TOKEN';

const barring: ReadonlySet<string> = new Set(['M_USER_DEACTIVATED', 'M_USER_LOCKED', 'M_USER_SUSPENDED']);

/** What an answer that is not the one that was wanted means, whatever was asked. */
export function troubleOf(reply: Exclude<Reply, { readonly kind: 'ok' }>, userId: string): Trouble {
  if (reply.kind === 'limited') return later(reply.detail, reply.retryAfterMs);
  if (reply.kind === 'refused' && barring.has(reply.errcode)) return lacking(barredUser(userId, reply.errcode));
  return later(reply.detail);
}
