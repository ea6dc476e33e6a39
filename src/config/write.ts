import type { ControllerConfig } from '../model/controller.ts';
import { defaultConfig, defaultIntervalMs } from './defaults.ts';
import { formatDuration } from './durations.ts';

/** What is to stand in a `controller.yaml`; all else stays as it is by default. */
export type ConfigParts = Partial<ControllerConfig>;

/** The text of a `controller.yaml`: what was chosen, and what could be, each with what it means. Reading it gives the same again. */
export function writeControllerConfig(parts: ConfigParts): string {
  const config = { ...defaultConfig, ...parts };
  return `${[head, ...settings(config).map(paragraph)].join('\n\n')}\n`;
}

/** The same file with what is followed added to it; what stands there stays, byte for byte. */
export function addSource(text: string, written: ControllerConfig, { ref, rosters, ...source }: ConfigParts): string {
  const missing = {
    ...source,
    ...(written.ref === null && ref !== undefined ? { ref } : {}),
    ...(written.rosters === defaultConfig.rosters && rosters !== undefined ? { rosters } : {}),
  };
  const added = settings({ ...defaultConfig, ...missing }).filter(({ isSet }) => isSet);
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${before}\n${added.map(paragraph).join('\n\n')}\n`;
}

const head = `# What the controller of Muster follows on this host, and how. Every key may be left out: behind a "# " stands its default, or
# an example where there is none. Durations are whole numbers with ms, s, m or h.
format_version: "1.0"`;

interface Setting {
  readonly about: readonly string[];
  /** Lines of YAML as they would stand there. */
  readonly lines: readonly string[];
  readonly isSet: boolean;
}

const paragraph = ({ about, lines, isSet }: Setting): string =>
  [...about.map((line) => `# ${line}`), ...lines.map((line) => (isSet ? line : `# ${line}`))].join('\n');

function settings(config: ControllerConfig): readonly Setting[] {
  return [
    ...sourceOf(config),
    {
      about: ['The branch that is followed, whatever is checked out. Default: the one that is checked out at the first start.'],
      lines: [`ref: ${yaml(config.ref ?? 'main')}`],
      isSet: config.ref !== null,
    },
    {
      about: ['Roster directory, from the top of the repository.'],
      lines: [`rosters: ${yaml(config.rosters)}`],
      isSet: config.rosters !== defaultConfig.rosters,
    },
    {
      about: ['Follow uncommitted files, too: for trying things out.'],
      lines: [`worktree: ${config.worktree}`],
      isSet: config.worktree !== defaultConfig.worktree,
    },
    {
      about: ['A revision has to descend from the one in force: a force-push changes nothing.'],
      lines: [`fast_forward_only: ${config.fastForwardOnly}`],
      isSet: config.fastForwardOnly !== defaultConfig.fastForwardOnly,
    },
    signaturesOf(config),
    {
      about: ['A revision is good once the floor was healthy for `stable` within `deadline`. One that is not is undone.'],
      lines: [
        `health: { deadline: ${formatDuration(config.health.deadlineMs)}, stable: ${formatDuration(config.health.stableMs)} }`,
      ],
      isSet:
        config.health.deadlineMs !== defaultConfig.health.deadlineMs || config.health.stableMs !== defaultConfig.health.stableMs,
    },
    {
      about: ['How often the host is looked at when nothing seems to happen.'],
      lines: [`resync: ${formatDuration(config.resyncMs)}`],
      isSet: config.resyncMs !== defaultConfig.resyncMs,
    },
    {
      about: ['Serve metrics to Prometheus: on a loopback address, or on unix:/PATH. Absent: nowhere.'],
      lines: [`metrics: ${yaml(metricsText(config.metrics))}`],
      isSet: config.metrics !== null,
    },
    {
      about: ['Write the outcome of each revision as a git note below refs/notes/muster.'],
      lines: [`notes: ${config.notes}`],
      isSet: config.notes !== defaultConfig.notes,
    },
    {
      about: ['A program that is told each outcome, in its environment. Absent: none.'],
      lines: [`hook: [${(config.hook ?? ['/usr/local/bin/tell', '--quiet']).map(yaml).join(', ')}]`],
      isSet: config.hook !== null,
    },
  ];
}

function sourceOf({ repository, remote }: ControllerConfig): readonly Setting[] {
  const here: Setting = {
    about: ['The repository that is followed, read where it is. Default: the one that the controller is started in.'],
    lines: [`repository: ${yaml(repository ?? '~/fleet')}`],
    isSet: repository !== null,
  };
  const elsewhere: Setting = {
    about: ['Instead of it, one elsewhere, fetched into a repository of the controller.'],
    lines: [
      'remote:',
      `  url: ${yaml(remote?.url ?? 'https://example.internal/fleet.git')}`,
      `  interval: ${formatDuration(remote?.intervalMs ?? defaultIntervalMs)}`,
    ],
    isSet: remote !== null,
  };
  return [here, elsewhere];
}

function signaturesOf({ signatures }: ControllerConfig): Setting {
  const about = [
    'Only commits that carry a trusted signature are used: ssh with a file of allowed signers, or gpg with a keyring.',
  ];
  const lines =
    signatures?.format === 'gpg'
      ? ['signatures:', '  format: gpg', `  home: ${yaml(signatures.home)}`]
      : ['signatures:', '  format: ssh', `  allowed_signers: ${yaml(signatures?.allowedSigners ?? '~/.ssh/allowed_signers')}`];
  return { about, lines, isSet: signatures !== null };
}

function metricsText(metrics: ControllerConfig['metrics']): string {
  if (metrics === null) return '127.0.0.1:9464';
  if ('socket' in metrics) return `unix:${metrics.socket}`;
  return `${metrics.host.includes(':') ? `[${metrics.host}]` : metrics.host}:${metrics.port}`;
}

/** A text as YAML reads it back, within brackets too; in quotes where it has to be. */
function yaml(text: string): string {
  const isPlain = /^(?:[A-Za-z~/][\w./~@+:-]*\w|--?[A-Za-z][\w-]*)$/.test(text) && !/^(?:true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text).replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escaped);
}

const escaped = (character: string): string =>
  [...character.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
