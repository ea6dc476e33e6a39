import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Heartbeat } from '../../model/agents.ts';

/** In the run directory of an agent's unit. */
export const heartbeatFile = (directory: string): string => `${directory}/heartbeat.json`;

/** Atomic: a reader sees the old one or the new one. `writer` is who writes, for hooks may run at once: its process id. */
export function writeHeartbeat(directory: string, heartbeat: Heartbeat, writer: number): void {
  const file = heartbeatFile(directory);
  const draft = `${file}.${writer}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(heartbeat)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
