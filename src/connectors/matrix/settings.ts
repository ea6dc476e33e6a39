import type { ConnectorSetting, SettingProblem } from '../../model/connectors.ts';
import type { Connector } from '../../model/roster.ts';
import { isText } from '../../model/shape.ts';

export const tokenName = 'MATRIX_ACCESS_TOKEN';

export interface MatrixSettings {
  /** As the roster names it, without a slash at its end: the base of the API, or the site whose well-known file says where that is. */
  readonly homeserver: string;
  readonly userId: string;
  /** An id, which begins with `!`, or an alias, which begins with `#`. */
  readonly room: string;
}

const keys = ['homeserver_url', 'user_id', 'room_id'] as const;
type Key = (typeof keys)[number];

const rules: Readonly<Record<Key, { readonly isRight: (value: string) => boolean; readonly expected: string }>> = {
  homeserver_url: {
    isRight: isHomeserver,
    expected: 'an https URL such as https://matrix.example.org; http only where the homeserver is on this host',
  },
  user_id: { isRight: isUserId, expected: 'a user id such as "@mos:example.org"' },
  room_id: {
    isRight: (value) => /^(?:![^\s]+|#[^\s:]+:[^\s]+)$/.test(value) && value.length <= 255,
    expected: 'a room id such as "!abc:example.org", or an alias such as "#fleet:example.org"',
  },
};

/** What is wrong with a block of a roster whose connector is of this kind. */
export function problemsOf({ operators, settings }: Pick<Connector, 'operators' | 'settings'>): readonly SettingProblem[] {
  return [
    ...keys.flatMap((key) => problemOf(key, settings[key])),
    ...operators.flatMap((operator, index) =>
      isUserId(operator)
        ? []
        : {
            path: ['operators', index],
            summary: `operators: ${JSON.stringify(operator)} is not an id that matrix knows`,
            hint: `expected ${rules.user_id.expected}`,
          },
    ),
  ];
}

function problemOf(key: Key, value: unknown): SettingProblem[] {
  const { isRight, expected } = rules[key];
  if (isText(value) && isRight(value)) return [];
  const summary = value === undefined ? `the matrix connector has no ${key}` : `${key}: ${JSON.stringify(value)} is not allowed`;
  return [{ path: ['settings', key], summary, hint: `expected ${expected}` }];
}

/** What admission has let through. Throws where it has not. */
export function settingsOf({ homeserver_url, user_id, room_id }: ConnectorSetting['settings']): MatrixSettings {
  const [problem] = problemsOf({ operators: [], settings: { homeserver_url, user_id, room_id } });
  if (problem !== undefined || !isText(homeserver_url) || !isText(user_id) || !isText(room_id))
    throw new Error(problem === undefined ? 'a setting is missing' : `${problem.summary}: ${problem.hint}`);
  return { homeserver: homeserver_url.replace(/\/+$/, ''), userId: user_id, room: room_id };
}

function isUserId(value: string): boolean {
  return /^@[^\s:@]+:[^\s@]+$/.test(value) && value.length <= 255;
}

/** The token crosses networks encrypted, or none. */
export function isHomeserver(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  if (username !== '' || password !== '' || search !== '' || hash !== '' || /\s/.test(value)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isThisHost(hostname));
}

const isThisHost = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
