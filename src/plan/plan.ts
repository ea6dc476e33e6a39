import type { Desired } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Digest, digestOfJson } from '../model/digest.ts';
import type { Observation } from '../model/observation.ts';
import { once } from '../model/once.ts';
import type { Action, Plan, Verb } from '../model/plan.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { type Changes, planChanges } from './changes.ts';
import { unreadableFindings } from './unreadable.ts';

export interface PlanInput {
  readonly desired: Desired;
  readonly observation: Observation;
  /** Commit that desired was read from; `null` outside git. */
  readonly revision: string | null;
  readonly dirty: boolean;
  /** `host`, `snapshot`, or the revision of `--base`. */
  readonly against: string;
  readonly adopt: boolean;
  /** Restart agents for what would wait for their next start. */
  readonly relaunch?: boolean;
  /** The roster directory holds no roster at all. */
  readonly rosterless: boolean;
  /** Findings of reading and admission, carried along for whoever reads the plan. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The plan document (its `id` is the digest of everything else in it) and its findings with their places. */
export function makePlan(input: PlanInput): { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] } {
  const { adopt, rosterless, relaunch = false } = input;
  const changes = planChanges(input.desired, input.observation, { adopt, rosterless, relaunch });
  const diagnostics = [...input.diagnostics, ...unreadableFindings(input.observation), ...changes.diagnostics];
  return { plan: planOf(input, changes, diagnostics), diagnostics };
}

/** The two digests are made when somebody asks: a person who reads a plan has no use for them. */
function planOf(input: PlanInput, changes: Changes, diagnostics: readonly Diagnostic[]): Plan {
  const { adopt } = input;
  const observed = once(() => observedDigest(changes, adopt));
  const id = once(() => digestOfJson(withoutId(plan)));
  const plan: Plan = {
    format_version: '1.0',
    get id() {
      return id();
    },
    revision: input.revision,
    dirty: input.dirty,
    host: input.observation.facts.host,
    tenant: input.observation.facts.tenant,
    against: input.against,
    get observed_digest() {
      return observed();
    },
    summary: summarise(changes.actions),
    actions: changes.actions,
    handovers: changes.handovers,
    patch: changes.patch,
    drift: changes.drift,
    pending: changes.pending,
    waiting: changes.waiting,
    unknown: changes.unknown,
    diagnostics: diagnostics.map(planDiagnostic),
  };
  return plan;
}

function withoutId(plan: Plan): Partial<Plan> {
  const others = (Object.keys(plan) as (keyof Plan)[]).filter((key) => key !== 'id');
  return Object.fromEntries(others.map((key) => [key, plan[key]]));
}

/** What of the host the plan rests on: the same digest means that the same plan would be made. */
function observedDigest(changes: Changes, adopt: boolean): Digest {
  const { before, pending, waiting, unknown } = changes;
  return digestOfJson({ before, pending, waiting, unknown, adopt });
}

function summarise(actions: readonly Action[]): Partial<Record<Verb, number>> {
  const counts: Partial<Record<Verb, number>> = {};
  for (const { verb } of actions) counts[verb] = (counts[verb] ?? 0) + 1;
  return counts;
}
