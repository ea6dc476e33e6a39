import { likeVariable } from '../model/names.ts';
import type { Agent, Roster } from '../model/roster.ts';

/** What an argument list may depend on. */
export interface LaunchFacts {
  readonly agent: string;
  readonly fleet: string;
  readonly persistentPersona: boolean;
  readonly modelHint: string | null;
  /** Absolute path of the agent's role document on its host. */
  readonly roleFile: string;
  /** The same of what is told of its fleet. */
  readonly fleetFile: string;
}

/**
 * How a built-in runtime is started. An argument that is exactly `{role}` is replaced in the pane by the text of the role
 * document and of what is told of the fleet, so that neither ever enters a unit or an environment file; one that is exactly `{conversations}` by a directory of
 * the agent's own on its host.
 */
export interface BuiltinRuntime {
  readonly command: string;
  readonly args: (facts: LaunchFacts) => readonly string[];
  readonly env: (facts: LaunchFacts) => Readonly<Record<string, string>>;
  /** How a persistent persona goes on with its conversation, where its arguments do not see to that already. */
  readonly resume: ((facts: LaunchFacts) => Conversation) | null;
}

/** Where a runtime keeps conversations. The newest transcript that bears the agent's mark is its own; the file's name ends with the id. */
export interface Conversation {
  /** Names the runtime's own directory; where it is unset, that is `directory` below home. */
  readonly variable: string;
  readonly directory: string;
  /** Glob below that; `{directory}` is the working directory with a dash for each character that is neither letter nor digit. */
  readonly transcripts: string;
  /** Stands literally within the first 256 KiB. */
  readonly mark: string;
  /** Before the arguments of a first start; `{session}` is the id. */
  readonly args: readonly string[];
}

const model = ({ modelHint }: LaunchFacts): readonly string[] => (modelHint === null ? [] : ['--model', modelHint]);
const noEnv = (): Readonly<Record<string, string>> => ({});
const whenPersistent = ({ persistentPersona }: LaunchFacts, ...args: readonly string[]): readonly string[] =>
  persistentPersona ? args : [];

const claudeName = ({ agent }: LaunchFacts): string => `muster-${agent}`;
const codexIdentity = ({ agent, fleet }: LaunchFacts): string => `You are the agent ${agent} of the fleet ${fleet}.`;

export const builtinRuntimes: Readonly<Record<string, BuiltinRuntime>> = {
  claude: {
    command: 'claude',
    args: (facts) => [...model(facts), ...whenPersistent(facts, '--name', claudeName(facts)), '--append-system-prompt', '{role}'],
    env: noEnv,
    resume: (facts) => ({
      variable: 'CLAUDE_CONFIG_DIR',
      directory: '.claude',
      // It goes on with conversations of the same working directory only.
      transcripts: 'projects/{directory}/*.jsonl',
      mark: `"customTitle":"${claudeName(facts)}"`,
      args: ['--resume', '{session}'],
    }),
  },
  codex: {
    command: 'codex',
    // Its own instructions stay: model_instructions_file would replace them, developer_instructions comes after them. With a --config
    // it runs in the pane, not in a server of all its terminals, which would live and die with one agent's unit.
    args: (facts) => [
      ...model(facts),
      '--config',
      `developer_instructions=${codexIdentity(facts)} Your role is laid down in ${facts.roleFile}, and who belongs to your fleet in ${facts.fleetFile}. Read both files before anything else and keep to them.`,
    ],
    env: noEnv,
    resume: (facts) => ({
      variable: 'CODEX_HOME',
      directory: '.codex',
      transcripts: 'sessions/*/*/*/rollout-*.jsonl',
      mark: codexIdentity(facts),
      args: ['resume', '{session}'],
    }),
  },
  pi: {
    command: 'pi',
    args: (facts) => [
      ...model(facts),
      '--session-dir',
      '{conversations}',
      ...whenPersistent(facts, '--continue'),
      '--append-system-prompt',
      '{role}',
    ],
    env: noEnv,
    resume: null,
  },
  opencode: {
    command: 'opencode',
    args: (facts) => [...model(facts), ...whenPersistent(facts, '--continue')],
    env: (facts) => ({
      OPENCODE_CONFIG_CONTENT: JSON.stringify({ instructions: [facts.roleFile, facts.fleetFile] }),
      // It goes on with whatever was last said in a directory, whoever said it: a database of its own keeps agents apart. Logins are elsewhere.
      ...(facts.persistentPersona ? { OPENCODE_DB: `muster-${facts.agent}.db` } : {}),
    }),
    resume: null,
  },
  stub: { command: 'muster', args: () => ['stub'], env: noEnv, resume: null },
};

/** A program ready to be started: `argv` may still hold elements that are exactly `{role}`. */
export interface Program {
  readonly argv: readonly [command: string, ...args: string[]];
  /** The runtime's environment under the agent's own. */
  readonly env: Readonly<Record<string, string>>;
  /** How it goes on with its last conversation, if there is one; `null` where `argv` does or nothing can. */
  readonly resume: (Omit<Conversation, 'args'> & { readonly argv: readonly string[] }) | null;
}

/**
 * The program of an agent, or `null` when nobody declares its runtime. A declared runtime of a built-in name is that runtime
 * with another command and further arguments; any other has just what it says, `{role_file}`, `{fleet_file}` and `{model}` filled in.
 */
export function programOf(
  roster: Roster,
  agent: Agent,
  { role: roleFile, fleet: fleetFile }: { readonly role: string; readonly fleet: string },
): Program | null {
  const declared = Object.hasOwn(roster.runtimes, agent.runtime) ? roster.runtimes[agent.runtime] : undefined;
  const builtin = Object.hasOwn(builtinRuntimes, agent.runtime) ? builtinRuntimes[agent.runtime] : undefined;
  const command = declared?.command ?? builtin?.command;
  if (command === undefined) return null;
  const { persistentPersona, modelHint } = agent;
  const facts: LaunchFacts = { agent: agent.name, fleet: roster.fleet, persistentPersona, modelHint, roleFile, fleetFile };
  const own = (declared?.args ?? []).map((arg) => filled(arg, facts));
  const args = [...(builtin?.args(facts) ?? []), ...own];
  return {
    argv: [command, ...args],
    env: { ...builtin?.env(facts), ...declared?.env, ...agent.env, ...likeness(declared?.like) },
    resume: persistentPersona && builtin?.resume ? resumeOf(command, args, builtin.resume(facts)) : null,
  };
}

/** Where whoever looks at the agent finds it: in the environment that its program was started with. */
const likeness = (like: string | undefined): Readonly<Record<string, string>> =>
  like === undefined ? {} : { [likeVariable]: like };

function resumeOf(command: string, args: readonly string[], { args: before, ...conversation }: Conversation): Program['resume'] {
  return { ...conversation, argv: [command, ...before, ...args] };
}

const filled = (arg: string, { roleFile, fleetFile, modelHint }: LaunchFacts): string => {
  if (!arg.includes('{')) return arg;
  const values: Readonly<Record<string, string>> = {
    '{role_file}': roleFile,
    '{fleet_file}': fleetFile,
    '{model}': modelHint ?? '',
  };
  return arg.replaceAll(/\{(?:role_file|fleet_file|model)\}/g, (name) => values[name] ?? name);
};
