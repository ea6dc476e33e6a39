import path from 'node:path';
import type { FileContent } from '../model/desired.ts';
import { controllerUnit, type FileKey, launcherFile, unitFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { unitText } from './quote.ts';
import { fill, launcherOf } from './units.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Unit of the controller, from the text of its template, and the launcher that it starts. The user manager knows nothing of the shell that
 * installs it: of the variables in `env` that move our directories, those that say something else than their default go into the unit.
 */
export function controllerFiles(template: string, facts: HostFacts, env: Environment): ReadonlyMap<FileKey, FileContent> {
  const variables = directories(facts, env).map(([name, value]) => `Environment="${name}=${unitText(value)}"\n`);
  const unit = fill(template, { FLEET_DIR: unitText(`${facts.mosaicHome}/fleet`) });
  return new Map([
    [unitFile(controllerUnit), { text: unit.replace('@ENVIRONMENT@\n', () => variables.join('')), mode: 0o644 }],
    [launcherFile, launcherOf(facts)],
  ]);
}

function directories({ home }: HostFacts, env: Environment): readonly (readonly [string, string])[] {
  const defaults = {
    MOSAIC_HOME: path.join(home, '.config/mosaic'),
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_STATE_HOME: path.join(home, '.local/state'),
  };
  return Object.entries(defaults).flatMap(([name, usual]) => {
    const value = env[name];
    // A relative one counts as unset, as everywhere.
    if (value === undefined || !path.isAbsolute(value) || path.resolve(value) === usual) return [];
    return [[name, path.resolve(value)] as const];
  });
}
