import { isFields } from '../../model/shape.ts';
import { type ApiChannel, bitsOf, list } from './shapes.ts';
import type { Snowflake } from './snowflake.ts';

/** Permissions that are needed, by their bits in Discord's documentation. */
export const needed = {
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;

export type Permission = keyof typeof needed;

/** For the link by which a bot is invited. */
export const neededBits = Object.values(needed).reduce((all, bit) => all | bit, 0n);

const administrator = 1n << 3n;
const all = (1n << 64n) - 1n;

export interface GuildFacts {
  readonly id: Snowflake;
  readonly ownerId: unknown;
  readonly roles: unknown;
}

/** What a member may do in a channel: "Permission Overwrites" in Discord's documentation, in its order. */
export function permissionsIn(
  guild: GuildFacts,
  channel: ApiChannel,
  me: { readonly id: Snowflake; readonly roles: unknown },
): bigint {
  if (guild.ownerId === me.id) return all;
  const mine = list(me.roles);
  const roles = list(guild.roles).filter(isFields);
  const base = roles
    .filter(({ id }) => id === guild.id || mine.includes(id))
    .reduce((bits, { permissions }) => bits | bitsOf(permissions), 0n);
  if ((base & administrator) !== 0n) return all;
  const everyone = channel.overwrites.filter(({ id }) => id === guild.id);
  const ofRoles = channel.overwrites.filter(({ id }) => id !== guild.id && mine.includes(id));
  const own = channel.overwrites.filter(({ id }) => id === me.id);
  return [everyone, ofRoles, own].reduce((bits, overwrites) => {
    const deny = overwrites.reduce((sum, each) => sum | each.deny, 0n);
    const allow = overwrites.reduce((sum, each) => sum | each.allow, 0n);
    return (bits & ~deny) | allow;
  }, base);
}

export const lacking = (bits: bigint): readonly Permission[] => permissionNames.filter((name) => (bits & needed[name]) === 0n);

const permissionNames = [
  'VIEW_CHANNEL',
  'SEND_MESSAGES',
  'READ_MESSAGE_HISTORY',
  'CREATE_PUBLIC_THREADS',
  'SEND_MESSAGES_IN_THREADS',
  'ATTACH_FILES',
] as const satisfies readonly Permission[];
