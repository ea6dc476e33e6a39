import type { Missing } from '../../model/connectors.ts';
import { isCount, isFields, isText } from '../../model/shape.ts';
import { lacking, neededBits, type Permission, permissionsIn } from './permissions.ts';
import type { Answer, Rest } from './rest.ts';
import type { DiscordSettings } from './settings.ts';
import { tokenRemedy } from './settings.ts';
import { type ApiChannel, readChannel } from './shapes.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';

/** The bot and its channel, as Discord has them now. */
export interface Scene {
  readonly me: Snowflake;
  readonly name: string;
  readonly channel: ApiChannel;
  readonly guildId: Snowflake;
}

export type Inspection =
  /** `missing`: what it lacks, though messages get through in part. */
  | { readonly kind: 'seen'; readonly scene: Scene; readonly missing: readonly Missing[] }
  /** Nothing can be done before somebody mends it. */
  | { readonly kind: 'blocked'; readonly missing: readonly Missing[] }
  | { readonly kind: 'unauthorized' }
  /** It could not be asked. */
  | { readonly kind: 'failed'; readonly detail: string };

/** Without these nothing may be read: what was said meanwhile would be passed over. */
const vital: readonly Permission[] = ['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY'];
const contentFlags = (1 << 18) | (1 << 19);
const textChannels = [0, 5];

/** Asks over REST for all that a connector needs: token, intent, channel, permissions. Changes nothing. */
export async function inspect(rest: Rest, settings: DiscordSettings, stop: AbortSignal): Promise<Inspection> {
  const meAnswer = await rest.ask('/users/@me', stop);
  if (meAnswer.kind !== 'ok') return failure(meAnswer, 'who the bot is');
  const user = isFields(meAnswer.body) ? meAnswer.body : {};
  const { id: me } = user;
  if (!isSnowflake(me)) return { kind: 'failed', detail: 'it does not say who the bot is: is api_base_url right?' };
  const appAnswer = await rest.ask('/applications/@me', stop);
  if (appAnswer.kind === 'unauthorized') return { kind: 'unauthorized' };
  const channelAnswer = await rest.ask(`/channels/${settings.channelId}`, stop);
  if (channelAnswer.kind === 'denied') return { kind: 'blocked', missing: [noChannel(channelAnswer, settings, me)] };
  if (channelAnswer.kind !== 'ok') return failure(channelAnswer, 'about the channel');
  const channel = readChannel(channelAnswer.body);
  if (channel === null) return { kind: 'failed', detail: 'what it says of the channel makes no sense' };
  const misplaced = misplacement(channel, settings);
  if (misplaced !== null || channel.guildId === null)
    return { kind: 'blocked', missing: [misplaced ?? aDirectMessage(settings)] };
  const scene: Scene = { me, name: isText(user.username) ? user.username : me, channel, guildId: channel.guildId };
  const permissions = await permissionsOf(rest, scene, stop);
  if (permissions.kind !== 'known') return permissions;
  const lacks = lacking(permissions.bits);
  const missing = [...missingIntent(appAnswer), ...lacks.map((name) => lackingPermission(name, me, settings))];
  const isBlocked = lacks.some((name) => vital.includes(name)) || missing.some(({ what }) => what === 'MESSAGE_CONTENT');
  return isBlocked ? { kind: 'blocked', missing } : { kind: 'seen', scene, missing };
}

function failure(answer: Exclude<Answer, { kind: 'ok' }>, about: string): Inspection {
  switch (answer.kind) {
    case 'unauthorized':
      return { kind: 'unauthorized' };
    case 'denied':
      return { kind: 'failed', detail: `asked ${about}, Discord says: ${answer.message} (${answer.code || answer.status})` };
    case 'limited':
      return { kind: 'failed', detail: `asked ${about} too often` };
    default:
      return { kind: 'failed', detail: answer.detail };
  }
}

type Permissions = Exclude<Inspection, { kind: 'seen' }> | { readonly kind: 'known'; readonly bits: bigint };

async function permissionsOf(rest: Rest, { me, channel, guildId }: Scene, stop: AbortSignal): Promise<Permissions> {
  const guildAnswer = await rest.ask(`/guilds/${guildId}`, stop);
  if (guildAnswer.kind !== 'ok') return notSeen(failure(guildAnswer, 'about the server'));
  const memberAnswer = await rest.ask(`/guilds/${guildId}/members/${me}`, stop);
  if (memberAnswer.kind !== 'ok') return notSeen(failure(memberAnswer, 'about the bot on its server'));
  const guild = isFields(guildAnswer.body) ? guildAnswer.body : {};
  const member = isFields(memberAnswer.body) ? memberAnswer.body : {};
  const facts = { id: guildId, ownerId: guild.owner_id, roles: guild.roles };
  return { kind: 'known', bits: permissionsIn(facts, channel, { id: me, roles: member.roles }) };
}

const notSeen = (inspection: Inspection): Permissions =>
  inspection.kind === 'seen' ? { kind: 'failed', detail: 'nothing was asked' } : inspection;

/** Where its flags cannot be read the gateway tells, with close code 4014. */
function missingIntent(answer: Answer): readonly Missing[] {
  if (answer.kind !== 'ok' || !isFields(answer.body) || !isCount(answer.body.flags)) return [];
  return (answer.body.flags & contentFlags) === 0 ? [contentIntent] : [];
}

export const contentIntent: Missing = {
  what: 'MESSAGE_CONTENT',
  detail: 'the bot may not read what people write: its Message Content Intent is off',
  remedy: 'in the Discord developer portal open your application, then Bot, and switch Message Content Intent on',
};

export const badToken: Missing = { what: 'token', detail: 'Discord does not accept the token of the bot', remedy: tokenRemedy };

function noChannel({ status, code }: { status: number; code: number }, { channelId }: DiscordSettings, me: Snowflake): Missing {
  if (status === 404 || code === 10_003)
    return {
      what: 'channel',
      detail: `there is no channel ${channelId}: it was deleted, or the id is of something else`,
      remedy: 'switch on Developer Mode in Discord, copy the id of the channel, and write it into the roster as channel_id',
    };
  return {
    what: 'VIEW_CHANNEL',
    detail: `the bot may not see channel ${channelId}, or is not on its server`,
    remedy: `invite the bot with ${inviteLink(me)}, or allow it View Channel in the channel's permissions`,
  };
}

function misplacement(channel: ApiChannel, { guildId, channelId }: DiscordSettings): Missing | null {
  if (guildId !== null && channel.guildId !== guildId)
    return {
      what: 'guild',
      detail: `channel ${channelId} is not on server ${guildId}`,
      remedy: 'write the id of its server into the roster as guild_id, or leave guild_id out',
    };
  if (textChannels.includes(channel.type)) return null;
  return {
    what: 'channel',
    detail: `channel ${channelId} is no text channel: forums, voice channels, threads and direct messages cannot be used`,
    remedy: 'name a text channel as channel_id',
  };
}

const aDirectMessage = ({ channelId }: DiscordSettings): Missing => ({
  what: 'channel',
  detail: `channel ${channelId} is on no server`,
  remedy: 'name a text channel of a server as channel_id',
});

const permissionTitles: Readonly<Record<Permission, string>> = {
  VIEW_CHANNEL: 'View Channel',
  SEND_MESSAGES: 'Send Messages',
  READ_MESSAGE_HISTORY: 'Read Message History',
  CREATE_PUBLIC_THREADS: 'Create Public Threads',
  SEND_MESSAGES_IN_THREADS: 'Send Messages in Threads',
  ATTACH_FILES: 'Attach Files',
};

const lackingPermission = (name: Permission, me: Snowflake, { channelId }: DiscordSettings): Missing => ({
  what: name,
  detail: `the bot lacks the permission ${permissionTitles[name]} in channel ${channelId}`,
  remedy: `allow it in the channel's settings, under Permissions, or invite the bot again with ${inviteLink(me)}`,
});

/** Asks for just the permissions that are needed. For nearly all bots the id of the application is that of its user. */
export const inviteLink = (application: Snowflake): string =>
  `https://discord.com/oauth2/authorize?client_id=${application}&scope=bot&permissions=${neededBits}`;
