import type { HostFacts } from './observation.ts';

/** The PATH that an agent's program is looked for on: the supervisor makes it so. `own` is the agent's, where its roster sets one. */
export function agentSearchPath(
  facts: Pick<HostFacts, 'home' | 'mosaicHome'>,
  environment: Environment,
  own: string | null,
): string {
  return `${facts.mosaicHome}/fleet/bin:${own ?? `${facts.home}/.local/bin:${unitSearchPath(environment)}`}`;
}

/** The PATH that a unit starts with: of the tmux holder, and of the controller. */
export const unitSearchPath = (environment: Environment): string => environment.PATH ?? '/usr/local/bin:/usr/bin:/bin';

/** Environment block of the user manager. */
type Environment = Readonly<Record<string, string>>;
