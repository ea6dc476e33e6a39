import type { presetNames } from '../roster/presets.ts';

export const ciSystems = ['github', 'gitlab', 'woodpecker'] as const;
export type CiSystem = (typeof ciSystems)[number];

export const connectorKinds = ['tmux', 'matrix', 'discord'] as const;
export type ConnectorKind = (typeof connectorKinds)[number];

export type Profile = (typeof presetNames)[number];

/** What a first fleet is made of: everything that the questions of `muster init` ask for. */
export interface Beginning {
  readonly profile: Profile;
  readonly fleet: string;
  /** Host that the roster is for; `null`: every host. */
  readonly host: string | null;
  /** For all agents; `null`: as the preset says. */
  readonly runtime: string | null;
  /** For all agents; `null`: their home. `preset`: as the preset says. */
  readonly workingDirectory: string | null | 'preset';
  readonly connector: {
    readonly kind: ConnectorKind;
    readonly operators: readonly string[];
    /** The block named after the kind. */
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly ci: CiSystem | null;
}

/** What a connector has to be told, besides who may speak through it. */
export const connectorSettings: Readonly<Record<ConnectorKind, readonly ConnectorSetting[]>> = {
  tmux: [],
  matrix: [
    { key: 'homeserver_url', flag: 'homeserverUrl', asks: 'Address of the homeserver', example: 'https://matrix.example.org' },
    { key: 'user_id', flag: 'userId', asks: 'User that the fleet speaks as', example: '@mos:example.org' },
    { key: 'room_id', flag: 'roomId', asks: 'Room', example: '!abc:example.org' },
  ],
  discord: [{ key: 'channel_id', flag: 'channelId', asks: 'Channel', example: '123456789012345678' }],
};

export interface ConnectorSetting {
  readonly key: string;
  readonly flag: 'homeserverUrl' | 'userId' | 'roomId' | 'channelId';
  /** What is asked for, in words. */
  readonly asks: string;
  readonly example: string;
}

export const operatorExample: Readonly<Record<ConnectorKind, string>> = {
  tmux: '',
  matrix: '@jason:example.org',
  discord: '123456789012345678',
};
