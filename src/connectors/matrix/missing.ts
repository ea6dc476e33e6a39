import type { Missing } from '../../model/connectors.ts';
import { visible } from '../../model/visible.ts';

/** Why something cannot be done now. `later`: it may by itself. `lacking`: a person has to do something about it. */
export type Trouble =
  | { readonly is: 'later'; readonly detail: string; readonly retryAfterMs: number | null }
  | { readonly is: 'lacking'; readonly missing: Missing };

export const later = (detail: string, retryAfterMs: number | null = null): Trouble => ({ is: 'later', detail, retryAfterMs });

export const lacking = (missing: Missing): Trouble => ({ is: 'lacking', missing });

export const detailOf = (trouble: Trouble): string => (trouble.is === 'later' ? trouble.detail : trouble.missing.detail);

const newToken = 'get a new one: `muster connector login FLEET`';

export const noToken: Missing = { what: 'token', detail: 'there is no access token', remedy: newToken };

export const deadToken = (errcode: string, soft: boolean): Missing => ({
  what: 'token',
  detail: soft ? 'the access token has expired' : `the homeserver does not accept the access token (${errcode})`,
  remedy: newToken,
});

export const otherUser = (expected: string, found: string): Missing => ({
  what: 'token',
  detail: `the access token is one of ${visible(found)}, the roster names ${visible(expected)}`,
  remedy: newToken,
});

export const barredUser = (userId: string, errcode: string): Missing => ({
  what: 'user',
  detail: `the homeserver does not serve ${visible(userId)} (${errcode})`,
  remedy: 'ask its administrator what became of that user',
});

export const noRoom = (room: string): Missing => ({
  what: 'room',
  detail: `there is no room ${visible(room)}`,
  remedy: 'look whether `room_id` in the roster is right, and whether the alias exists',
});

export const notJoined = (room: string, userId: string): Missing => ({
  what: 'room',
  detail: `${visible(userId)} is not in the room ${visible(room)}`,
  remedy: `let one of the operators invite ${visible(userId)} into it; the invitation is accepted by itself`,
});

export const encryptedRoom = (room: string): Missing => ({
  what: 'unencrypted room',
  detail: `the room ${visible(room)} is encrypted: what is said there cannot be read, and nothing is answered in the clear`,
  remedy: 'encryption cannot be turned off again: make a room without it, and name that in the roster',
});

export const replacedRoom = (room: string, successor: string): Missing => ({
  what: 'room',
  detail: `the room ${visible(room)} was replaced by ${visible(successor)}`,
  remedy: 'name the new room in the roster, and invite the fleet into it',
});
