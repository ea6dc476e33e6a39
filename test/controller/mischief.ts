import { agentUnit, environmentFile, holderUnit } from '../../src/model/names.ts';
import { PortError } from '../../src/model/ports.ts';
import type { Team } from '../apply/scenes.ts';
import type { Source } from '../fakes/host.ts';
import type { Random } from '../fakes/random.ts';
import type { Rosters } from '../fakes/repository.ts';
import { rosterOf, type Stage } from './stage.ts';
import type { Witness } from './witness.ts';

/** What the world may do to a controller, its host and its repository. Gives what it did, in words. */
export type Mischief = (world: {
  readonly stage: Stage;
  readonly witness: Witness;
  readonly random: Random;
  readonly past: Rosters[];
}) => string;

export const agents = ['boss', 'chief', 'muse', 'hint', 'coder0', 'coder1', 'coder2'];
const sources: readonly Source[] = [
  'units.list',
  'units.details',
  'sessions.list',
  'files.list',
  'files.records',
  'files.find',
  'state.admitted',
  'state.suspensions',
  'linger.get',
];

const pick = <Thing>(random: Random, things: readonly [Thing, ...Thing[]] | readonly Thing[]): Thing => {
  const found = things[random.below(things.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};

const hints = ['', '', ', model_hint: v1', ', model_hint: v2', ', resources: { tasks_max: 512 }', ', on_change: next-start'];
const deadly = [', model_hint: fails', ', model_hint: exits-1', ', model_hint: exits-78'];

/** A team that is admitted; `evil`: somebody of it cannot live. */
export function anyTeam(random: Random, evil: boolean): Team {
  const orchestrator = pick(random, ['boss', 'boss', 'boss', 'chief', 'coder0']);
  const enhancers = pick(random, [['muse'], ['muse'], ['muse', 'hint'], ['hint'], ['coder1'], ['boss', 'muse']]).filter(
    (name) => name !== orchestrator,
  );
  const floor = [orchestrator, ...(enhancers.length > 0 ? enhancers : ['muse'])];
  const others = agents.filter((name) => !floor.includes(name) && random.below(2) === 0);
  const victim = evil ? pick(random, [...floor, ...floor, ...others]) : '';
  const more = (name: string): string => (name === victim ? pick(random, deadly) : pick(random, hints));
  return Object.fromEntries([
    ...floor.map((name, i): [string, string] => [name, `${i === 0 ? 'orchestrator' : 'enhancer'}${more(name)}`]),
    ...others.map((name): [string, string] => [
      name,
      `${pick(random, ['implementer', 'implementer', 'implementer, state: stopped', 'implementer, lifecycle: ephemeral'])}${more(name)}`,
    ]),
  ]);
}

function commit(stage: Stage, past: Rosters[], rosters: Rosters, parent: string | null = stage.repository.branch): string {
  past.push(rosters);
  const trailers = past.length % 5 === 4 ? [] : ['coding', 'docs'];
  return `${stage.repository.commit(rosters, { parent, trailers }).slice(0, 8)} ${JSON.stringify(rosters.coding ?? rosters).slice(50, 420)}`;
}

export const anyRosters = (random: Random, evil: boolean): Rosters => ({
  coding: rosterOf(anyTeam(random, evil)),
  ...(random.below(6) === 0
    ? { docs: rosterOf({ lead: 'orchestrator', muse2: 'enhancer', writer: `researcher${pick(random, hints)}` }) }
    : {}),
});

const unitOf = (random: Random): string => agentUnit(pick(random, agents));

/** What may be pushed. */
export const pushes: Readonly<Record<string, Mischief>> = {
  'a commit': ({ stage, random, past }) => commit(stage, past, anyRosters(random, false)),
  'a commit that cannot live': ({ stage, random, past }) => commit(stage, past, anyRosters(random, true)),
  'a commit without a floor': ({ stage, past }) => commit(stage, past, { coding: rosterOf({ coder0: 'implementer' }) }),
  'a commit that is no roster': ({ stage, past }) => commit(stage, past, { coding: 'agents: [' }),
  'an empty commit': ({ stage, past }) => commit(stage, past, {}),
  'a revert': ({ stage, random, past }) => commit(stage, past, pick(random, past)),
  'a forced push': ({ stage, random, past }) => commit(stage, past, anyRosters(random, false), stage.store.record?.good ?? null),
  'a commit from nowhere': ({ stage, random, past }) => commit(stage, past, anyRosters(random, false), null),
};

/** What may befall the host. */
export const mishaps: Readonly<Record<string, Mischief>> = {
  stop: ({ stage, random }) => {
    const unit = unitOf(random);
    stage.machine.stop(unit);
    return unit;
  },
  'stop all': ({ stage }) => {
    for (const unit of [...stage.machine.runs.keys()]) if (unit !== holderUnit) stage.machine.stop(unit);
    return '';
  },
  'stop the holder': ({ stage, witness }) => {
    stage.machine.stop(holderUnit);
    witness.foreign.clear();
    return '';
  },
  disable: ({ stage, random }) => {
    const unit = unitOf(random);
    stage.machine.enabled.delete(unit);
    return unit;
  },
  mask: ({ stage, random }) => {
    const unit = unitOf(random);
    if (random.below(2) === 0) stage.machine.stop(unit);
    stage.machine.enabled.delete(unit);
    stage.machine.masked.add(unit);
    return unit;
  },
  unmask: ({ stage }) => {
    stage.machine.masked.clear();
    return '';
  },
  'kill a pane': ({ stage, random }) => {
    const agent = pick(random, agents);
    stage.machine.killPane(agent);
    return agent;
  },
  'kill the server': ({ stage, witness }) => {
    stage.machine.killServer();
    witness.foreign.clear();
    return '';
  },
  'an orphan': ({ stage, random }) =>
    stage.machine.server ? stage.machine.addSession('orphan', { agent: pick(random, agents), incarnation: 'of old' }) : '',
  'a session of somebody': ({ stage, witness }) => {
    if (!stage.machine.server) return '';
    const id = stage.machine.addSession('mine');
    witness.foreign.add(id);
    return id;
  },
  'an edited file': ({ stage, random }) => {
    const key = environmentFile(pick(random, agents));
    const file = stage.machine.files.get(key);
    if (file !== undefined) stage.machine.files.set(key, { ...file, text: `${file.text}# edited\n` });
    return key;
  },
  'a removed file': ({ stage, random }) => {
    const key = pick(random, [...stage.machine.files.keys(), environmentFile('boss')]);
    stage.machine.files.delete(key);
    return key;
  },
  'a program that dies': ({ stage, random }) => {
    const unit = unitOf(random);
    stage.machine.crashing.set(unit, pick(random, [1, 78]));
    return unit;
  },
  'a program that cannot start': ({ stage, random }) => {
    const unit = unitOf(random);
    stage.machine.breaking.add(unit);
    return unit;
  },
  'programs live again': ({ stage }) => {
    stage.machine.crashing.clear();
    stage.machine.breaking.clear();
    return '';
  },
  suspend: ({ stage, random }) => {
    const name = pick(random, agents);
    const since = stage.clock.date().toISOString();
    stage.machine.suspensions.set(`agent ${name}`, { kind: 'agent', name, reason: null, since, until: null, by: 'jo' });
    return name;
  },
  'suspend a fleet for a while': ({ stage, random }) => {
    const until = new Date(stage.clock.date().getTime() + (1 + random.below(10)) * 60_000).toISOString();
    stage.request({ kind: 'fleet', name: 'coding', until });
    return until;
  },
  resume: ({ stage }) => {
    stage.machine.suspensions.clear();
    return '';
  },
};

/** What may go wrong between the controller and the rest. */
export const troubles: Readonly<Record<string, Mischief>> = {
  'git is away': ({ stage }) => {
    stage.repository.trouble = 'git is away';
    return '';
  },
  'the branch is gone': ({ stage }) => {
    stage.repository.branch = null;
    return '';
  },
  'an object is damaged': ({ stage }) => {
    if (stage.repository.branch !== null) stage.repository.corrupt.add(stage.repository.branch);
    return '';
  },
  'git is back': ({ stage }) => mendGit(stage),
  'the disk is full': ({ stage }) => {
    stage.store.isFull = true;
    return '';
  },
  'the disk has room': ({ stage }) => {
    stage.store.isFull = false;
    return '';
  },
  'the record is damaged': ({ stage }) => {
    stage.store.isDamaged = true;
    return '';
  },
  'a source cannot be read': ({ stage, random }) => {
    const source = pick(random, sources);
    stage.hide(source, 'no answer');
    return source;
  },
  'sources can be read': ({ stage }) => {
    stage.showAll();
    return '';
  },
  'calls fail': ({ stage, random }) => {
    const deed = pick(random, [
      'start',
      'stop',
      'restart',
      'enable',
      'disable',
      'write',
      'reload',
      'linger',
      'remove',
      'kill-session',
    ] as const);
    const isJob = deed === 'start' || deed === 'stop' || deed === 'restart';
    const answer = isJob ? pick(random, ['failed', 'timeout', 'canceled', 'lost'] as const) : new PortError('failed', 'no');
    stage.host.fault({ deed, answer, done: random.below(2) === 0, times: 1 + random.below(3) });
    return `${deed}: ${String(answer)}`;
  },
  'calls take their time': ({ stage, random }) => {
    const ms = [0, 100, 1500, 5000][random.below(4)] ?? 0;
    const draw = random.below(1000);
    let n = 0;
    stage.host.delay = ({ deed }) => {
      n += 1;
      return deed === 'start' || deed === 'stop' || deed === 'restart' ? ((n * 7919 + draw) % 3) * ms : 0;
    };
    return `${ms} ms`;
  },
  'calls are quick': ({ stage }) => {
    stage.host.delay = null;
    return '';
  },
  'signals get lost': ({ stage }) => {
    stage.deaf = true;
    return '';
  },
  'signals come': ({ stage }) => {
    stage.deaf = false;
    return '';
  },
  'the hook': ({ stage, random }) => {
    stage.hook = pick(random, ['is quick', 'fails', 'is slow', 'hangs'] as const);
    return stage.hook;
  },
  'the clock jumps': ({ stage, random }) => {
    const ms = (random.below(3) - 1) * 3_600_000;
    stage.clock.jump(ms);
    return `${ms} ms`;
  },
};

export function mendGit(stage: Stage): string {
  stage.repository.trouble = null;
  stage.repository.corrupt.clear();
  stage.repository.branch ??= stage.repository.last;
  return '';
}
