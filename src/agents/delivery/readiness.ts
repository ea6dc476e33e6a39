import type { Obstacle } from '../../model/inbox.ts';
import type { PaneTarget } from '../../tmux/pane.ts';
import { runtimeIn } from '../runtimes/adapters.ts';
import { ofAge } from '../runtimes/read-screen.ts';
import type { Beats, DeliveryAdapter, ScreenReading, Traces } from './adapter-port.ts';
import type { DeliveryWorld } from './world.ts';

/** An agent's pane as it was found, and how its runtime is talked to. */
export interface Reach {
  readonly target: PaneTarget;
  readonly adapter: DeliveryAdapter;
  readonly traces: Traces | null;
  readonly beats: Beats;
  readonly reading: ScreenReading;
}

/** The pane of the agent's run, in whatever state it is; or what keeps it from being found. Typed to is only what is `ready`, too. */
export async function reach(agent: string, world: DeliveryWorld): Promise<Reach | Obstacle> {
  const target = await targetOf(agent, world);
  if ('reason' in target) return target;
  const [environment, look, linewise] = await Promise.all([
    world.environment(target.pid),
    world.panes.look(target),
    world.linewise(target.tty),
  ]);
  const adapter = world.adapter(runtimeIn(environment));
  const reading = ofAge(adapter.readScreen(look.screen), adapter.startedAt(target.pid), world.clock.date().getTime());
  if (look.obstacle === 'gone') return { reason: 'session-missing', detail: 'its session went in this moment' };
  if (look.obstacle !== null) return paneObstacle(look.obstacle);
  if (linewise === true) {
    return reading.state === 'starting'
      ? { reason: 'agent-starting', detail: 'its terminal is not set up yet' }
      : { reason: 'line-mode', detail: 'its program reads lines: a long text would be cut' };
  }
  const beats = adapter.beats(environment, target.pid, world.clock.date);
  return { target, adapter, traces: adapter.traces(environment, target.pid), beats, reading };
}

async function targetOf(agent: string, { runs, panes }: DeliveryWorld): Promise<PaneTarget | Obstacle> {
  const { phase, invocation, socket, detail } = await runs.find(agent);
  if (phase === 'starting') return { reason: 'agent-starting', detail };
  if (phase === 'down') return { reason: 'agent-down', detail };
  if (socket === null) return { reason: 'session-missing', detail: 'no tmux server of its holder runs' };
  const found = await panes.find(socket, agent, invocation);
  switch (found) {
    case 'no-server':
      return { reason: 'session-missing', detail: 'its tmux server is gone' };
    case 'no-session':
    case 'other-run':
      return { reason: 'session-missing', detail: `${detail}, and has no tmux session of this run` };
    case 'dead':
      return { reason: 'pane-dead', detail: 'the program in its pane has ended' };
    default:
      return found;
  }
}

export function paneObstacle(obstacle: 'dead' | 'mode' | 'input-off' | 'synchronized'): Obstacle {
  switch (obstacle) {
    case 'dead':
      return { reason: 'pane-dead', detail: 'the program in its pane has ended' };
    case 'mode':
      return { reason: 'pane-mode', detail: 'somebody looks back in its pane (copy mode): keys would not reach it' };
    case 'input-off':
      return { reason: 'input-off', detail: 'input to its pane is turned off' };
    case 'synchronized':
      return { reason: 'input-off', detail: 'keys typed into its pane would reach other panes, too' };
  }
}

/** What its screen shows that a message must not be typed into; `null`: it can take one. */
export function screenObstacle({ reading, adapter }: Pick<Reach, 'reading' | 'adapter'>): Obstacle | null {
  const { state, composer, detail } = reading;
  switch (state) {
    case 'dialog':
      return { reason: 'dialog', detail: `it asks: ${detail}` };
    case 'rate-limited':
      return { reason: 'rate-limited', detail };
    case 'starting':
      return { reason: 'agent-starting', detail };
    case 'unknown':
      return { reason: 'screen-unclear', detail };
    case 'busy':
      if (!adapter.queuesWhileBusy) return { reason: 'busy', detail: `${adapter.runtime} keeps no message during a turn` };
      break;
    case 'idle':
      break;
  }
  if (composer === null) return { reason: 'screen-unclear', detail: 'no composer is seen' };
  if (composer.text.trim() !== '') return { reason: 'draft', detail: 'somebody has begun to write' };
  return null;
}
