import type { Agent, Roster } from '../model/roster.ts';

/** What an argument list may depend on. */
export interface LaunchFacts {
  readonly persistentPersona: boolean;
  readonly modelHint: string | null;
  /** Absolute path of the agent's role document on its host. */
  readonly roleFile: string;
}

/**
 * How a built-in runtime is started. An argument that is exactly `{role}` is replaced in the pane by the text of the role
 * document, so that its text never enters a unit or an environment file.
 */
export interface BuiltinRuntime {
  readonly command: string;
  readonly args: (facts: LaunchFacts) => readonly string[];
  readonly env: (facts: LaunchFacts) => Readonly<Record<string, string>>;
}

const model = ({ modelHint }: LaunchFacts): readonly string[] => (modelHint === null ? [] : ['--model', modelHint]);
const noEnv = (): Readonly<Record<string, string>> => ({});

export const builtinRuntimes: Readonly<Record<string, BuiltinRuntime>> = {
  claude: { command: 'claude', args: (facts) => [...model(facts), '--append-system-prompt', '{role}'], env: noEnv },
  // Its own instructions stay: model_instructions_file would replace them, developer_instructions comes after them.
  codex: {
    command: 'codex',
    args: (facts) => [
      ...model(facts),
      '--config',
      `developer_instructions=Your role in this fleet is laid down in ${facts.roleFile}. Read that file before anything else and keep to it.`,
    ],
    env: noEnv,
  },
  pi: { command: 'pi', args: (facts) => [...model(facts), '--append-system-prompt', '{role}'], env: noEnv },
  opencode: {
    command: 'opencode',
    args: model,
    env: (facts) => ({ OPENCODE_CONFIG_CONTENT: JSON.stringify({ instructions: [facts.roleFile] }) }),
  },
  stub: { command: 'muster', args: () => ['stub'], env: noEnv },
};

/** A program ready to be started: `argv` may still hold elements that are exactly `{role}`. */
export interface Program {
  readonly argv: readonly [command: string, ...args: string[]];
  /** The runtime's environment under the agent's own. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The program of an agent, or `null` when nobody declares its runtime. A declared runtime of a built-in name is that runtime
 * with another command and further arguments; any other has just what it says, `{role_file}` and `{model}` filled in.
 */
export function programOf(roster: Roster, agent: Agent, roleFile: string): Program | null {
  const declared = Object.hasOwn(roster.runtimes, agent.runtime) ? roster.runtimes[agent.runtime] : undefined;
  const builtin = Object.hasOwn(builtinRuntimes, agent.runtime) ? builtinRuntimes[agent.runtime] : undefined;
  const command = declared?.command ?? builtin?.command;
  if (command === undefined) return null;
  const facts: LaunchFacts = { persistentPersona: agent.persistentPersona, modelHint: agent.modelHint, roleFile };
  const own = (declared?.args ?? []).map((arg) => filled(arg, facts));
  return {
    argv: [command, ...(builtin?.args(facts) ?? []), ...own],
    env: { ...builtin?.env(facts), ...declared?.env, ...agent.env },
  };
}

const filled = (arg: string, facts: LaunchFacts): string =>
  arg.replaceAll(/\{role_file\}|\{model\}/g, (name) => (name === '{model}' ? (facts.modelHint ?? '') : facts.roleFile));
