import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { defaultHolderSession, defaultSocket, isName } from '../model/names.ts';
import { type Agent, agentPath, type Connector, type Path, type Resources, type Roster, type Runtime } from '../model/roster.ts';
import { builtinRuntimes } from './runtimes.ts';
import { quoted } from './wording.ts';

/** A document that the schema has passed: exactly the shape of `rosters/roster.schema.json`. */
export interface RosterDocument {
  readonly fleet?: string;
  readonly profile?: string;
  readonly host?: string | readonly string[];
  readonly tenant?: string;
  readonly tmux?: { readonly socket_name?: string; readonly holder_session?: string };
  readonly defaults?: { readonly runtime?: string; readonly working_directory?: string };
  readonly runtimes?: Readonly<Record<string, Partial<Runtime>>>;
  readonly connector?: { readonly kind: string; readonly operators?: readonly string[] } & Readonly<Record<string, unknown>>;
  readonly agents: readonly AgentDocument[];
}

interface AgentDocument {
  readonly name: string;
  readonly runtime?: string;
  readonly class?: string;
  readonly persistent_persona?: boolean;
  readonly model_hint?: string;
  readonly working_directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
  readonly state?: 'running' | 'stopped';
  readonly lifecycle?: 'core' | 'ephemeral';
  readonly on_change?: 'restart' | 'next-start';
  readonly resources?: { readonly memory_max?: string; readonly cpu_weight?: number; readonly tasks_max?: number };
}

/** The class of an agent that names none. */
const defaultClass = 'worker';

/** Fills in every default. What the schema cannot say (a runtime somewhere, a usable file name) is found here. */
export function buildRoster(
  file: string,
  document: RosterDocument,
  locate: (path: Path) => Place,
): { readonly roster: Roster; readonly diagnostics: readonly Diagnostic[] } {
  const { defaults = {}, tmux = {}, host, profile, tenant } = document;
  const fleet = document.fleet ?? baseName(file);
  const roster: Roster = {
    file,
    fleet,
    profile: profile ?? null,
    hosts: host === undefined ? null : typeof host === 'string' ? [host] : host,
    tenant: tenant ?? null,
    tmux: { socket: tmux.socket_name ?? defaultSocket, holderSession: tmux.holder_session ?? defaultHolderSession },
    connector: connectorOf(document.connector),
    runtimes: runtimesOf(document.runtimes ?? {}),
    agents: document.agents.map((agent) => agentOf(agent, defaults)),
    locate,
  };
  return {
    roster,
    diagnostics: [...fleetName(document, fleet, locate), ...runtimeless(document, locate), ...commandless(document, locate)],
  };
}

function connectorOf(written: RosterDocument['connector']): Connector {
  if (written === undefined) return { kind: 'tmux', operators: [], settings: {}, declared: false };
  const { kind, operators = [] } = written;
  const settings = written[kind];
  return { kind, operators, settings: typeof settings === 'object' && settings !== null ? { ...settings } : {}, declared: true };
}

function runtimesOf(written: Readonly<Record<string, Partial<Runtime>>>): Roster['runtimes'] {
  const entries = Object.entries(written).map(([name, runtime]): [string, Runtime] => [
    name,
    {
      command: runtime.command ?? builtinRuntimes[name]?.command ?? name,
      args: runtime.args ?? [],
      env: runtime.env ?? {},
      ...(runtime.like === undefined ? {} : { like: runtime.like }),
    },
  ]);
  return Object.fromEntries(entries);
}

function agentOf(written: AgentDocument, defaults: NonNullable<RosterDocument['defaults']>): Agent {
  const { state = 'running', lifecycle = 'core', enabled = true } = written;
  return {
    name: written.name,
    runtime: written.runtime ?? defaults.runtime ?? '',
    class: written.class ?? defaultClass,
    persistentPersona: written.persistent_persona ?? false,
    modelHint: written.model_hint ?? null,
    workingDirectory: homeAsNull(written.working_directory ?? defaults.working_directory),
    env: { ...written.env },
    enabled: enabled && state === 'running' && lifecycle === 'core',
    state,
    lifecycle,
    onChange: written.on_change ?? 'restart',
    resources: resourcesOf(written.resources ?? {}),
  };
}

const homeAsNull = (directory: string | undefined): string | null =>
  directory === undefined || directory === '~' || directory === '~/' ? null : directory;

function resourcesOf(written: NonNullable<AgentDocument['resources']>): Resources {
  return {
    ...(written.cpu_weight === undefined ? {} : { cpuWeight: written.cpu_weight }),
    ...(written.memory_max === undefined ? {} : { memoryMax: written.memory_max }),
    ...(written.tasks_max === undefined ? {} : { tasksMax: written.tasks_max }),
  };
}

function fleetName(document: RosterDocument, fleet: string, locate: (path: Path) => Place): Diagnostic[] {
  if (document.fleet !== undefined || isName(fleet)) return [];
  return [
    {
      severity: 'error',
      code: 'roster/missing-key',
      summary: `this file's name gives no fleet name: ${quoted(fleet)} is not one`,
      hint: 'add `fleet: NAME`: lower-case letters, digits and dashes',
      place: locate([]),
    },
  ];
}

function runtimeless(document: RosterDocument, locate: (path: Path) => Place): Diagnostic[] {
  if (document.defaults?.runtime !== undefined) return [];
  return document.agents.flatMap((agent, index) =>
    agent.runtime !== undefined
      ? []
      : {
          severity: 'error' as const,
          code: 'roster/missing-key' as const,
          summary: `agent ${quoted(agent.name)} has no runtime`,
          hint: 'give it a `runtime`, or give all agents one under `defaults`',
          place: locate(agentPath(index, 'name')),
        },
  );
}

/** Only a runtime that changes a built-in one may leave its command out. */
function commandless(document: RosterDocument, locate: (path: Path) => Place): Diagnostic[] {
  return Object.entries(document.runtimes ?? {}).flatMap(([name, runtime]) =>
    runtime.command !== undefined || Object.hasOwn(builtinRuntimes, name)
      ? []
      : {
          severity: 'error' as const,
          code: 'roster/missing-key' as const,
          summary: `the runtime ${quoted(name)} has no command`,
          hint: 'add `command:`, the program to run',
          place: locate(['runtimes', name]),
        },
  );
}

function baseName(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return name.replace(/\.ya?ml$/, '');
}
