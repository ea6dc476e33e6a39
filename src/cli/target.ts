import type { Suspension } from '../model/controller.ts';
import { nearest } from '../roster/wording.ts';
import { exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface TargetFlags {
  readonly fleet?: boolean;
  readonly agent?: boolean;
}

export type Target = Pick<Suspension, 'kind' | 'name'>;

/** Names by kind that may be meant. */
export interface Names {
  readonly fleets: readonly string[];
  readonly agents: readonly string[];
}

/** The agent or fleet of that name; refuses one that is both or neither. */
export function targetOf(name: string, flags: TargetFlags, { fleets, agents }: Names): Target {
  const kinds = [
    ...(flags.fleet !== true && agents.includes(name) ? ['agent' as const] : []),
    ...(flags.agent !== true && fleets.includes(name) ? ['fleet' as const] : []),
  ];
  const [kind, other] = kinds;
  if (kind === undefined) throw unknownName(name, what(flags), knownNames(flags, { fleets, agents }));
  if (other === undefined) return { kind, name };
  throw refuse(
    {
      code: 'usage',
      summary: `${name} is the name of an agent and of a fleet`,
      hint: `Say which: ${name} --agent, or ${name} --fleet`,
    },
    exitStatus.usage,
  );
}

const what = ({ fleet, agent }: TargetFlags): string => (fleet === true ? 'fleet' : agent === true ? 'agent' : 'agent or fleet');

const knownNames = (flags: TargetFlags, { fleets, agents }: Names): string[] => [
  ...(flags.fleet === true ? [] : agents),
  ...(flags.agent === true ? [] : fleets),
];

export function unknownName(name: string, kind: string, known: readonly string[]): Refusal {
  const meant = nearest(name, known);
  const hint =
    meant !== null
      ? `Did you mean ${meant}?`
      : known.length > 0
        ? `There are ${[...new Set(known)].sort().slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}.`
        : 'Nothing was carried out on this host yet: muster apply';
  return refuse({ code: 'name/unknown', summary: `no ${kind} here is named ${name}`, hint });
}
