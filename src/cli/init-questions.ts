import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Ground } from '../git/begin.ts';
import {
  type Beginning,
  type CiSystem,
  type ConnectorKind,
  ciSystems,
  connectorKinds,
  connectorSettings,
  operatorExample,
  type Profile,
} from '../init/beginning.ts';
import { profiles } from '../init/profiles.ts';
import { ciSystemOf } from '../init/seeds.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { nearest } from '../roster/wording.ts';
import type { Asker } from './asking.ts';
import { exitStatus } from './context.ts';
import type { InitFlags } from './init.ts';
import { expanded } from './init-found.ts';
import { refuse } from './refusal.ts';

/** What there is to choose from, and who can be asked. */
export interface Inquiry {
  readonly flags: InitFlags;
  /** `null`: nobody; what no flag says is chosen. */
  readonly asker: Asker | null;
  readonly facts: HostFacts;
  /** Runtimes that units would find here. */
  readonly found: readonly string[];
  /** Texts of presets by profile. */
  readonly presets: Readonly<Record<string, string>>;
}

/** Everything but the place: flags first, then questions, then what suits this host. */
export async function beginningOf(inquiry: Inquiry, ground: Ground): Promise<Beginning> {
  const profile = await profileOf(inquiry);
  const runtime = await runtimeOf(inquiry, profile);
  const kind = await kindOf(inquiry);
  const connector = await connectorOf(inquiry, kind);
  const ci = await ciOf(inquiry, ground);
  const { flags, facts } = inquiry;
  return {
    profile,
    fleet: checkedName(flags.fleet ?? profile),
    // A room or channel is served by one host.
    host: flags.host ?? (kind === 'tmux' ? null : facts.host),
    runtime,
    workingDirectory: flags.workingDirectory ?? (await placeOfPreset(inquiry, profile)),
    connector,
    ci,
  };
}

async function profileOf({ flags, asker }: Inquiry): Promise<Profile> {
  const names = profiles.map(([name]) => name);
  const asked =
    flags.profile ??
    (await asker?.choose(
      'What is the fleet for?',
      profiles.map(([word, purpose]) => ({ word, purpose })),
    )) ??
    'general';
  const known = names.find((name) => name === asked);
  if (known !== undefined) return known;
  throw unknownWord('profile', asked, names);
}

/** `null`: as the preset says, where all of its programs are here. */
async function runtimeOf({ flags, asker, found, presets }: Inquiry, profile: Profile): Promise<string | null> {
  const ofPreset = runtimesOf(presets[profile] ?? '');
  const asItSays = ofPreset.every((name) => name === 'stub' || found.includes(name));
  if (flags.runtime !== undefined) return flags.runtime;
  if (profile === 'local-canary') return null;
  const stub = { word: 'stub', purpose: 'asks no model, costs nothing: a stand-in until a program is installed' };
  const choices = [
    ...(asItSays ? [{ word: 'profile', purpose: `as the profile says: ${ofPreset.join(' and ')}` }] : []),
    ...found.map((word) => ({ word, purpose: 'found here' })),
    stub,
  ];
  const isOpen = asker !== null && choices.length > 1;
  const chosen = isOpen ? await asker.choose('Which program do its agents run?', choices) : (choices[0]?.word ?? 'stub');
  return chosen === 'profile' ? null : chosen;
}

export const runtimesOf = (preset: string): readonly string[] => [
  ...new Set([...preset.matchAll(/^[\s-]+runtime: (\w+)/gm)].map((match) => match[1] ?? '')),
];

const purposes: Readonly<Record<ConnectorKind, string>> = {
  tmux: 'a chat in a terminal of this host: muster chat',
  matrix: 'a room on a Matrix homeserver',
  discord: 'a channel on Discord',
};

async function kindOf({ flags, asker }: Inquiry): Promise<ConnectorKind> {
  const choices = connectorKinds.map((word) => ({ word, purpose: purposes[word] }));
  const asked = flags.connector ?? (await asker?.choose('How do you talk to its orchestrator?', choices)) ?? 'tmux';
  const known = connectorKinds.find((kind) => kind === asked);
  if (known !== undefined) return known;
  throw unknownWord('connector', asked, connectorKinds);
}

async function connectorOf({ flags, asker }: Inquiry, kind: ConnectorKind): Promise<Beginning['connector']> {
  const missing = (what: string) =>
    refuse({ code: 'usage', summary: `${kind} has to be told ${what}`, hint: `muster init --help` }, exitStatus.usage);
  const settings: Record<string, string> = {};
  for (const { key, flag, asks, example } of connectorSettings[kind]) {
    const said = flags[flag] ?? (await asker?.text(`${asks}, such as ${example}`, null, needed));
    if (said === undefined) throw missing(`its ${key}: --${dashed(flag)} ${example}`);
    settings[key] = said;
  }
  if (kind === 'tmux') return { kind, operators: [], settings };
  if (flags.operator.length > 0) return { kind, operators: flags.operator, settings };
  const said = await asker?.text(`Who may speak to it: ids with blanks between, such as ${operatorExample[kind]}`, null, needed);
  if (said === undefined) throw missing(`who may speak to it: --operator ${operatorExample[kind]}`);
  return { kind, operators: said.split(/[\s,]+/).filter(Boolean), settings };
}

const needed = (answer: string): string | null => (answer === '' ? 'It needs an answer.' : null);
const dashed = (flag: string): string => flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

async function ciOf({ flags, asker }: Inquiry, { topLevel }: Ground): Promise<CiSystem | null> {
  const likely = ciSystemOf(topLevel) ?? 'github';
  const order = [likely, ...ciSystems.filter((one) => one !== likely)];
  const choices = [
    ...order.map((word) => ({ word, purpose: 'pull requests show what they would do' })),
    { word: 'none', purpose: 'later: docs/ci.md' },
  ];
  const asked = flags.ci ?? (await asker?.choose('Which system checks the repository?', choices)) ?? likely;
  if (asked === 'none') return null;
  const known = ciSystems.find((one) => one === asked);
  if (known !== undefined) return known;
  throw unknownWord('CI system', asked, [...ciSystems, 'none']);
}

/** The preset's own where it is here; agents of a directory that is not there would fail. */
async function placeOfPreset({ presets, facts }: Inquiry, profile: Profile): Promise<'preset' | null> {
  const said = /^ {2}working_directory: (.*)$/m.exec(presets[profile] ?? '')?.[1];
  if (said === undefined) return 'preset';
  return access(path.resolve(expanded(said, facts))).then(
    () => 'preset' as const,
    () => null,
  );
}

function checkedName(fleet: string): string {
  if (isName(fleet)) return fleet;
  throw refuse(
    {
      code: 'usage',
      summary: `a fleet cannot be called ${fleet}`,
      hint: 'Lower-case letters, digits and dashes, beginning with a letter or digit, at most 63.',
    },
    exitStatus.usage,
  );
}

const unknownWord = (what: string, asked: string, known: readonly string[]) => {
  const meant = nearest(asked, known);
  return refuse(
    {
      code: 'name/unknown',
      summary: `there is no ${what} ${asked}`,
      hint: meant === null ? `There are ${known.join(', ')}.` : `Did you mean ${meant}?`,
    },
    exitStatus.usage,
  );
};
