import { join } from 'node:path';
import type { ActivityState, Incarnation } from '../../model/agents.ts';
import { parsedObject, word } from '../runtimes/json.ts';
import { readHeartbeat } from './heartbeat.ts';
import { heartbeatFile, writeHeartbeat } from './heartbeat-file.ts';
import { environmentOf, rootOfRun } from './process.ts';
import { contentOf } from './traces.ts';

/** The run of an agent that a process belongs to. */
export interface OwnRun {
  readonly agent: string;
  readonly invocation: string;
  /** Run directory of the agent's unit. */
  readonly directory: string;
  readonly root: Incarnation;
}

/** As the first process of the run was started, whatever the agent has made of its environment since; `null` outside an agent. */
export function ownRun(pid: number): OwnRun | null {
  const root = rootOfRun(pid);
  if (root === null) return null;
  const { MOSAIC_AGENT: agent = '', MOSAIC_INVOCATION: invocation = '', MOSAIC_RUN: directory = '' } = environmentOf(root.pid);
  return agent === '' || directory === '' ? null : { agent, invocation, directory, root };
}

/** Another run of the agent's unit has begun meanwhile: what is said now is about one that is over. */
export function isOver({ directory, invocation }: OwnRun): boolean {
  const started = word(parsedObject(contentOf(join(directory, 'started.json')))?.invocation);
  return started !== '' && started !== invocation;
}

/** Writes down what the agent does, unless its run has said something later. Throws where that cannot be written. */
export function beat({ agent, invocation, directory, root }: OwnRun, state: ActivityState, at: Date, writer: number): void {
  const last = readHeartbeat(contentOf(heartbeatFile(directory)));
  if (last !== null && last.invocation === invocation && Date.parse(last.at) > at.getTime()) return;
  const heartbeat = { format_version: '1.0', agent, incarnation: root, invocation, state, at: at.toISOString() } as const;
  writeHeartbeat(directory, heartbeat, writer);
}
