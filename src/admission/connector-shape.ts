import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { found } from '../roster/wording.ts';
import { denial, type Rule } from './input.ts';

interface Setting {
  readonly required: boolean;
  readonly pattern: RegExp;
  readonly expected: string;
}

const url: Setting = { required: true, pattern: /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/, expected: 'an http or https URL' };
const snowflake: Setting = { required: true, pattern: /^\d{15,20}$/, expected: 'an id of 15 to 20 digits, in quotes' };

/** Settings by kind. A kind that is not here is for `connector/unavailable` to judge. */
const settingsOf: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  matrix: {
    homeserver_url: url,
    user_id: { required: true, pattern: /^@[^\s:@]+:[^\s@]+$/, expected: 'a user id such as @mos:example.org' },
    room_id: {
      required: true,
      pattern: /^(?:![^\s]+|#[^\s:]+:[^\s]+)$/,
      expected: 'a room id such as !abc:example.org, or an alias',
    },
  },
  discord: { channel_id: snowflake, guild_id: { ...snowflake, required: false }, api_base_url: { ...url, required: false } },
};

/** The block fits its kind, and there is an orchestrator to talk to. */
export const connectorShape: Rule = ({ selected }) =>
  selected.filter((roster) => roster.connector.declared).flatMap((roster) => [...unfit(roster), ...unheard(roster)]);

function unfit(roster: Roster): Diagnostic[] {
  const { kind, settings } = roster.connector;
  const shape = Object.hasOwn(settingsOf, kind) ? settingsOf[kind] : undefined;
  return Object.entries(shape ?? {}).flatMap(([key, setting]) => {
    const value = settings[key];
    if (value === undefined && !setting.required) return [];
    if (typeof value === 'string' && setting.pattern.test(value)) return [];
    const summary = value === undefined ? `the ${kind} connector has no ${key}` : `${key}: ${found(value, key)} is not allowed`;
    const hint = `expected ${setting.expected}`;
    return denial('connector/shape', summary, { hint, place: roster.locate(['connector', kind, key]) });
  });
}

function unheard(roster: Roster): Diagnostic[] {
  if (roster.agents.some((agent) => agent.class === 'orchestrator')) return [];
  return [
    denial('connector/shape', `fleet ${roster.fleet} declares a connector but has no orchestrator`, {
      detail: 'a connector carries words between the operator and the orchestrator',
      hint: 'take the connector out, or add an orchestrator',
      place: roster.locate(['connector', 'kind']),
    }),
  ];
}
