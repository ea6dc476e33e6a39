import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { AgentRun, RunReader } from '../model/inbox.ts';
import { agentUnit, isName } from '../model/names.ts';
import type { ObservedUnit } from '../model/observation.ts';
import { PortError, type UnitReader } from '../model/ports.ts';
import { asFileError } from './errors.ts';
import { isFields, isText } from './shape.ts';
import { jsonOf } from './state-file.ts';

/**
 * Finds the run of an agent's unit by the link that the user manager keeps as long as it lasts, which costs no call. Only where there
 * is none is systemd asked why.
 */
export function runReader(runtimeDir: string, units: Pick<UnitReader, 'list'>): RunReader {
  return {
    find: asFileError(
      (agent: string) => `find the run of ${agent}`,
      async (agent) => {
        if (!isName(agent)) throw new PortError('refused', `${JSON.stringify(agent)} cannot be the name of an agent`);
        const unit = agentUnit(agent);
        const socket = holderSocket(runtimeDir);
        const invocation = invocationOf(runtimeDir, unit);
        if (invocation !== null) return { phase: 'live', invocation, socket, detail: `${unit} runs` };
        return { ...judge(unit, (await units.list())[unit]), invocation: '', socket };
      },
    ),
  };
}

function invocationOf(runtimeDir: string, unit: string): string | null {
  try {
    const id = readlinkSync(path.join(runtimeDir, 'systemd/units', `invocation:${unit}`));
    return /^[0-9a-f]{32}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

/** Agents join the server that the holder wrote down, and no other; `null` while no holder runs. */
export function holderSocket(runtimeDir: string): string | null {
  try {
    const record = jsonOf(readFileSync(path.join(runtimeDir, 'mosaic/holder/started.json'), 'utf8'));
    const socket = isFields(record) ? record.socket : undefined;
    return isText(socket) && path.isAbsolute(socket) ? socket : null;
  } catch {
    return null;
  }
}

function judge(unit: string, observed: ObservedUnit | undefined): Pick<AgentRun, 'phase' | 'detail'> {
  if (observed === undefined) return { phase: 'down', detail: `${unit} is not loaded` };
  const { active, sub } = observed;
  const starting = ['activating', 'reloading', 'active'].includes(active);
  return { phase: starting ? 'starting' : 'down', detail: `${unit} is ${active} (${sub})` };
}
