import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { HostFacts } from '../model/observation.ts';
import type { HostRoots } from './roots.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FactsInput {
  /** Environment of the process: HOME, MOSAIC_HOME, XDG_STATE_HOME. */
  readonly env: Environment;
  readonly uid: number;
  readonly hostname: string;
  /** argv that starts this program. */
  readonly launcher: readonly string[];
  /** What `--host` and `--tenant` say. */
  readonly overrides?: { readonly host?: string | undefined; readonly tenant?: string | undefined };
}

/** Facts of this machine. Reads the machine id and the user database, nothing else. */
export function hostFacts({ env, uid, hostname, launcher, overrides = {} }: FactsInput): HostFacts {
  const home = absolute(env.HOME) ?? userEntry()?.homedir ?? '/';
  return {
    host: (overrides.host ?? shortName(hostname)).toLowerCase(),
    tenant: overrides.tenant ?? userEntry()?.username ?? env.USER ?? String(uid),
    home,
    mosaicHome: absolute(env.MOSAIC_HOME) ?? path.join(home, '.config/mosaic'),
    stateDir: path.join(absolute(env.XDG_STATE_HOME) ?? path.join(home, '.local/state'), 'mosaic', machineId()),
    launcher,
  };
}

/** Directories of the host; `$XDG_RUNTIME_DIR` is systemd's own default where the environment names none (cron, su). */
export function hostRoots(facts: HostFacts, env: Environment): HostRoots {
  return {
    unitDir: path.join(absolute(env.XDG_CONFIG_HOME) ?? path.join(facts.home, '.config'), 'systemd/user'),
    fleetDir: path.join(facts.mosaicHome, 'fleet'),
    runtimeDir: absolute(env.XDG_RUNTIME_DIR) ?? `/run/user/${userInfo().uid}`,
    stateDir: facts.stateDir,
  };
}

const shortName = (hostname: string): string => hostname.split('.')[0] ?? hostname;

/** The XDG rule: a relative path counts as unset. */
const absolute = (value: string | undefined): string | undefined =>
  value !== undefined && path.isAbsolute(value) ? path.resolve(value) : undefined;

function userEntry(): { readonly username: string; readonly homedir: string } | null {
  try {
    return userInfo();
  } catch {
    return null;
  }
}

/** Empty where the machine has none: its state is then not kept apart. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}
