import type { Desired } from '../../src/model/desired.ts';
import { digestOfText } from '../../src/model/digest.ts';
import {
  agentDropIn,
  agentTemplate,
  agentUnit,
  environmentFile,
  holderUnit,
  parseUnit,
  unitFile,
} from '../../src/model/names.ts';
import type { ObservedUnit } from '../../src/model/observation.ts';

import { type Host, nextId, rawUnit, recordOf, sessionOf } from './hosts.ts';

/** What a host may have gone through since it was as desired. */
export const mishaps = [
  'disabled',
  'enabled-runtime',
  'stopped',
  'failed',
  'sessionless',
  'pane-dead',
  'auto-restart',
  'activating',
  'deactivating',
  'masked',
  'masked-live',
  'no-record',
  'stale-record',
  'own-file',
  'foreign-session',
  'stale-session',
  'env-missing',
  'env-edited',
  'env-foreign',
  'env-newer',
  'no-program',
  'completed',
  'extra-drop-in',
] as const;
export type Mishap = (typeof mishaps)[number];

export const strays = [
  'ghost-enabled',
  'orphan-session',
  'live',
  'live-unknown',
  'orchestrator',
  'foreign-session',
  'old-file',
] as const;
export const disasters = [
  'none',
  'none',
  'none',
  'none',
  'holder-dead',
  'holder-failed',
  'stray-server',
  'template-missing',
  'template-foreign',
  'earlier-agents',
  'earlier-installation',
  'holder-masked',
  'holder-masked-live',
  'template-masked',
  'new-host',
] as const;
export type Stray = (typeof strays)[number];
export type Disaster = (typeof disasters)[number];

export function befall(host: Host, desired: Desired, name: string, mishap: Mishap): void {
  const unit = agentUnit(name);
  const raw = host.units[unit];
  const change = (to: Partial<ObservedUnit>): void => {
    if (raw !== undefined) host.units[unit] = { ...raw, ...to };
  };
  const endSession = (): void => {
    host.sessions = host.sessions.filter((session) => session.agent !== name);
  };
  const end = (active: string): void => {
    change({ active, sub: active === 'failed' ? 'failed' : 'dead', invocation: '' });
    endSession();
  };
  const runs = raw?.active === 'active';
  const file = host.files[environmentFile(name)] ?? { digest: digestOfText('of old'), ours: true };
  switch (mishap) {
    case 'disabled':
      change({ enablement: 'disabled' });
      return;
    case 'enabled-runtime':
      change({ enablement: 'enabled-runtime' });
      return;
    case 'stopped':
      end('inactive');
      return;
    case 'failed':
      end('failed');
      return;
    case 'sessionless':
      endSession();
      return;
    case 'pane-dead':
      host.sessions = host.sessions.map((session) => (session.agent === name ? { ...session, alive: false } : session));
      return;
    case 'auto-restart':
      if (runs) change({ active: 'activating', sub: 'auto-restart', invocation: '' });
      endSession();
      return;
    case 'activating':
      if (runs) change({ active: 'activating', sub: 'start' });
      return;
    case 'deactivating':
      if (runs) change({ active: 'deactivating', sub: 'stop-sigterm' });
      return;
    case 'masked':
      host.units[unit] = { ...rawUnit('inactive', 'masked', ''), load: 'masked' };
      endSession();
      return;
    case 'masked-live':
      change({ enablement: 'masked', load: 'masked' });
      return;
    case 'no-record':
      delete host.records[unit];
      return;
    case 'stale-record': {
      const record = host.records[unit];
      if (record !== undefined) host.records[unit] = { ...record, invocation: 'run-of-old' };
      return;
    }
    case 'own-file':
      change({ ownFile: `/home/jason/.config/systemd/user/${unit}` });
      return;
    case 'foreign-session':
      if (host.server && !host.sessions.some((session) => session.name === name))
        host.sessions.push({ ...sessionOf(nextId(host), name, ''), agent: '' });
      return;
    case 'stale-session':
      if (host.server) host.sessions.push({ ...sessionOf(nextId(host), name, 'run-of-old'), name: `${name}-old` });
      return;
    case 'env-missing':
      delete host.files[environmentFile(name)];
      return;
    case 'env-edited':
      host.files[environmentFile(name)] = { ...file, digest: digestOfText('edited') };
      return;
    case 'env-foreign':
      host.files[environmentFile(name)] = { digest: digestOfText('foreign'), ours: false };
      return;
    case 'env-newer':
      host.files[environmentFile(name)] = { digest: digestOfText('newer'), ours: true, format: '2.0' };
      return;
    case 'no-program':
      host.programs[name] = null;
      return;
    case 'completed': {
      const agent = desired.agents.get(name);
      if (agent?.lifecycle !== 'ephemeral') return;
      host.completed[name] = agent.config;
      end('inactive');
      return;
    }
    case 'extra-drop-in':
      host.files[agentDropIn(name)] = { digest: digestOfText('extra'), ours: true };
  }
}

export function straysIn(host: Host, stray: Stray): void {
  const unit = agentUnit('stray');
  switch (stray) {
    case 'ghost-enabled':
      host.units[agentUnit('ghost')] = { ...rawUnit('inactive', 'enabled', ''), load: 'unloaded' };
      return;
    case 'orphan-session':
      if (host.server) host.sessions.push(sessionOf('$90', 'nobody', 'run-of-old'));
      return;
    case 'foreign-session':
      if (host.server) host.sessions.push({ ...sessionOf('$91', 'mine', ''), agent: '' });
      return;
    case 'old-file':
      host.files[environmentFile('left')] = { digest: digestOfText('left'), ours: true };
      host.files['units/mosaic-agent@other.service.d/mine.conf'] = { digest: digestOfText('mine'), ours: false };
      return;
    default:
      if (!host.server) return;
      host.units[unit] = rawUnit('active', 'enabled', 'run-stray');
      host.sessions = [...host.sessions.filter((session) => session.agent !== 'stray'), sessionOf('$92', 'stray', 'run-stray')];
      if (stray === 'live-unknown') return;
      host.records[unit] = recordOf(
        'run-stray',
        digestOfText('stray'),
        digestOfText('agent 0'),
        'f1',
        stray === 'live' ? 'implementer' : 'orchestrator',
      );
  }
}

export function strike(host: Host, disaster: Disaster): void {
  switch (disaster) {
    case 'none':
      return;
    case 'holder-dead':
    case 'holder-failed':
      // Agents require the holder: they go down with it.
      for (const [unit, raw] of Object.entries(host.units)) {
        if (parseUnit(unit)?.kind === 'connector' || raw.active === 'inactive') continue;
        const active = unit === holderUnit && disaster === 'holder-failed' ? 'failed' : 'inactive';
        host.units[unit] = { ...raw, active, sub: 'dead', invocation: '' };
      }
      host.server = false;
      host.sessions = [];
      return;
    case 'stray-server': {
      strike(host, 'holder-dead');
      host.server = true;
      host.sessions = [{ ...sessionOf('$1', 'mine', ''), agent: '' }];
      return;
    }
    case 'holder-masked':
      strike(host, 'holder-dead');
      strike(host, 'holder-masked-live');
      return;
    case 'holder-masked-live':
      host.files[unitFile(holderUnit)] = { digest: digestOfText(''), ours: false, masked: true };
      host.units[holderUnit] = {
        ...(host.units[holderUnit] ?? rawUnit('inactive', 'masked', '')),
        load: 'masked',
        enablement: 'masked',
      };
      return;
    case 'template-masked':
      host.files[unitFile(agentTemplate)] = { digest: digestOfText(''), ours: false, masked: true };
      for (const [unit, raw] of Object.entries(host.units))
        if (parseUnit(unit)?.kind === 'agent') host.units[unit] = { ...raw, load: 'masked', enablement: 'masked' };
      return;
    case 'template-missing':
      delete host.files[unitFile(agentTemplate)];
      return;
    case 'template-foreign':
      host.files[unitFile(agentTemplate)] = { digest: digestOfText('of a Mosaic host'), ours: false };
      return;
    case 'earlier-installation':
      host.files[unitFile(holderUnit)] = { digest: digestOfText('of an earlier installation'), ours: false };
      delete host.records[holderUnit];
      strike(host, 'earlier-agents');
      return;
    case 'earlier-agents':
      strike(host, 'template-foreign');
      // Their sessions have the agents' names, and nothing of ours.
      host.sessions = host.sessions.map((session) => ({ ...session, agent: '', incarnation: '' }));
      for (const unit of Object.keys(host.records)) if (parseUnit(unit)?.kind === 'agent') delete host.records[unit];
      return;
    case 'new-host':
      Object.assign(host, { units: {}, records: {}, sessions: [], files: {}, completed: {}, server: false, linger: false });
  }
}
