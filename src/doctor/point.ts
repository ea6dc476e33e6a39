import type { CheckGroup, Finding } from '../model/doctor.ts';
import type { DoctorPorts } from '../model/doctor-ports.ts';

/** One thing that the doctor looks at. `judge` is pure: what it says follows from the facts alone. */
export interface Point<Facts> {
  /** Permanent: scripts know it. */
  readonly id: string;
  readonly group: CheckGroup;
  gather(ports: DoctorPorts): Promise<Facts>;
  judge(facts: Facts): readonly Finding[];
}

export const ok = (finding: string): Finding => ({ state: 'ok', finding });

/** A program's version as numbers; empty where the text holds none. */
export const versionIn = (text: string): readonly number[] =>
  (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? '').split('.').filter(Boolean).map(Number);

export function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const at = than.findIndex((part, index) => (version[index] ?? 0) !== part);
  return at >= 0 && (version[at] ?? 0) < (than[at] ?? 0);
}
