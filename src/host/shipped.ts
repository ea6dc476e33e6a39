import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { connectorTemplate, controllerUnit } from '../model/names.ts';

/** What the package brings along for hosts: role documents by name, unit templates. */
export interface ShippedFiles {
  readonly roles: Readonly<Record<string, string>>;
  readonly templates: {
    readonly holder: string;
    readonly agent: string;
    readonly supervisor: string;
    readonly connector: string;
  };
  /** Template of the controller's unit. */
  readonly controller: string;
}

/** Reads the package's own files; rejects only where the installation is damaged. */
export function readShipped(packageRoot: string): ShippedFiles {
  const read = (...names: string[]): string => readFileSync(path.join(packageRoot, ...names), 'utf8');
  const roles = readdirSync(path.join(packageRoot, 'rosters', 'roles')).filter((name) => name.endsWith('.md'));
  return {
    roles: Object.fromEntries(roles.sort().map((name) => [name.slice(0, -'.md'.length), read('rosters', 'roles', name)])),
    templates: {
      holder: read('units', 'mosaic-tmux-holder.service'),
      agent: read('units', 'mosaic-agent@.service'),
      supervisor: read('units', 'mosaic-agent-run'),
      connector: read('units', connectorTemplate),
    },
    controller: read('units', controllerUnit),
  };
}
