import type { FileContent } from '../model/desired.ts';
import { type Digest, digestOfText } from '../model/digest.ts';
import { fileMark } from '../model/file-mark.ts';
import { agentTemplate, type FileKey, holderUnit, launcherFile, supervisorFile, unitFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { shellWord, unitText } from './quote.ts';

/** Texts of the shipped `units/` folder, placeholders unfilled. */
export interface UnitTemplates {
  readonly holder: string;
  readonly agent: string;
  readonly supervisor: string;
  readonly connector: string;
}

export interface SharedFiles {
  readonly files: ReadonlyMap<FileKey, FileContent>;
  /** What an agent's unit is made of besides its own configuration. */
  readonly units: Digest;
  /** What the holder is started with. */
  readonly holder: Digest;
}

/** Files that every fleet on a host shares: holder, agent template, supervisor, and the launcher that finds this program. */
export function sharedFiles(
  templates: UnitTemplates,
  facts: HostFacts,
  tmux: { socket: string; holderSession: string },
): SharedFiles {
  const fleetDir = unitText(`${facts.mosaicHome}/fleet`);
  const agent = fill(templates.agent, { FLEET_DIR: fleetDir });
  const holder = fill(templates.holder, { FLEET_DIR: fleetDir, SOCKET: tmux.socket, HOLDER_SESSION: tmux.holderSession });
  const units = digestOfText(`${agent}\0${templates.supervisor}`);
  const holderDigest = digestOfText(`${holder}\0${templates.supervisor}`);
  return {
    units,
    holder: holderDigest,
    files: new Map([
      [unitFile(agentTemplate), { text: fill(agent, { UNITS: units }), mode: 0o644 }],
      [unitFile(holderUnit), { text: fill(holder, { HOLDER: holderDigest }), mode: 0o644 }],
      [supervisorFile, { text: templates.supervisor, mode: 0o755 }],
      [launcherFile, launcherOf(facts)],
    ]),
  };
}

/** Fills the placeholders of a template that `values` names. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/@([A-Z_]+)@/g, (placeholder, name: string) => values[name] ?? placeholder);

/** A program that starts this one, whatever its caller has on the PATH. */
export const launcherOf = ({ launcher }: HostFacts): FileContent => ({
  text: ['#!/bin/sh', `# ${fileMark}`, `exec ${launcher.map(shellWord).join(' ')} "$@"`, ''].join('\n'),
  mode: 0o755,
});
