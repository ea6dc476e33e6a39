import { stateReader } from '../host/state.ts';
import { suspensionWriter } from '../host/suspensions.ts';
import { renderJson } from '../views/json.ts';
import { renderResumed } from '../views/suspension.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controlOf } from './control-of.ts';
import { askController } from './controller.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { show, styleOf } from './output.ts';
import { namesHere, remember } from './suspend.ts';
import { type Target, type TargetFlags, targetOf } from './target.ts';

export interface ResumeFlags extends TargetFlags, OutputFlags {}

/** Ends a suspension. That there was none is no failure. */
export async function resume(name: string, flags: ResumeFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const { stateDir } = facts;
  const state = stateReader(stateDir, context.date);
  const named = (await state.suspensions()).filter((one) => one.name === name && isMeant(one, flags));
  // What is suspended can be resumed although no roster names it any more.
  const { kind } = named.length === 1 && named[0] !== undefined ? named[0] : targetOf(name, flags, await namesHere(state));
  const asked = await askController(controlOf(facts, context).resume(kind, name, facts.tenant));
  const resumed = asked?.answer ?? (await suspensionWriter(stateDir, context.date).resume(kind, name));
  if (asked === null && resumed)
    await remember({ kind: 'resumed', target: `${kind} ${name}`, by: facts.tenant, message: '' }, stateDir, context);
  report({ kind, name }, resumed, asked !== null, flags, context);
  return exitStatus.done;
}

const isMeant = ({ kind }: Target, { fleet, agent }: TargetFlags): boolean =>
  (fleet !== true || kind === 'fleet') && (agent !== true || kind === 'agent');

function report({ kind, name }: Target, resumed: boolean, controlled: boolean, flags: OutputFlags, context: Context): void {
  if (formatOf(flags) === 'json') {
    show(renderJson({ format_version: '1.0', kind, name, resumed, controller: controlled }), context);
  } else {
    show(renderResumed({ kind, name }, resumed, controlled, styleOf(flags, context.stdout, context)), context);
  }
}
