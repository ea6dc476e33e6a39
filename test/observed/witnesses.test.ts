import { describe, expect, test } from 'vitest';
import { known, unknown } from '../../src/model/known.ts';
import { agentUnit, connectorUnit, holderUnit } from '../../src/model/names.ts';
import type { ObservedSession, ObservedUnit } from '../../src/model/observation.ts';
import { type HostReaders, PortError } from '../../src/model/ports.ts';
import { disagreements } from '../../src/observed/disagreements.ts';
import { observe } from '../../src/observed/observe.ts';
import { fakeHost } from '../fakes/host.ts';

const unit = (active: string, invocation = ''): ObservedUnit => ({
  load: 'loaded',
  active,
  sub: active === 'active' ? 'running' : 'dead',
  enablement: 'enabled',
  invocation,
});
const session = (agent: string, incarnation: string, more: Partial<ObservedSession> = {}): ObservedSession => ({
  id: '$1',
  name: agent,
  agent,
  incarnation,
  alive: true,
  pid: 1,
  created: 1,
  ...more,
});

describe('systemd and tmux disagree', () => {
  const between = (units: Record<string, ObservedUnit>, sessions: readonly ObservedSession[]) => [
    ...disagreements(known(units), known({ socket: 'mosaic', server: true, sessions })),
  ];
  const a = agentUnit('a');

  test.each<readonly [string, Record<string, ObservedUnit>, readonly ObservedSession[], readonly string[]]>([
    ['not, where a unit has a living session of its run', { [a]: unit('active', 'one') }, [session('a', 'one')], []],
    ['not, where a unit is down and has none', { [a]: unit('inactive') }, [], []],
    ['not, while a unit with a session comes up', { [a]: unit('activating', 'one') }, [session('a', 'one')], []],
    ['not about sessions that are not ours', {}, [session('', '', { name: 'a' })], []],
    [
      'not about holders and connectors',
      { [holderUnit]: unit('active', 'h'), [connectorUnit('f')]: unit('active', 'c') },
      [],
      [],
    ],
    ['where an active unit has no session', { [a]: unit('active', 'one') }, [], ['no session: a one']],
    ['where its session is dead', { [a]: unit('active', 'one') }, [session('a', 'one', { alive: false })], ['no session: a one']],
    [
      'where its session is of an earlier run',
      { [a]: unit('active', 'two') },
      [session('a', 'one')],
      ['no session: a two', 'no unit: a one $1'],
    ],
    ['where a session has no unit', {}, [session('a', 'one')], ['no unit: a one $1']],
    ['where a session outlives its unit', { [a]: unit('failed') }, [session('a', 'one')], ['no unit: a one $1']],
  ])('%s', (_, units, sessions, expected) => {
    expect(between(units, sessions)).toEqual(expected);
  });

  test('not, where one of them cannot be asked', () => {
    const tmux = known({ socket: 'mosaic', server: true, sessions: [] });
    expect(disagreements(unknown('no bus'), tmux).size).toBe(0);
    expect(disagreements(known({ [a]: unit('active', 'one') }), unknown('no tmux')).size).toBe(0);
  });
});

/** What both say, one look after another; the last is repeated. */
type Look = { readonly units: Record<string, ObservedUnit>; readonly sessions: readonly ObservedSession[] | Error };

async function lookAt(...looks: readonly Look[]) {
  const host = fakeHost();
  let count = 0;
  const current = (): Look => looks[Math.min(count, looks.length) - 1] ?? { units: {}, sessions: [] };
  const readers: HostReaders = {
    ...host.readers,
    units: {
      ...host.readers.units,
      // A look begins with this call.
      list: async () => {
        count += 1;
        return current().units;
      },
    },
    sessions: {
      list: async (socket) => {
        const { sessions } = current();
        if (sessions instanceof Error) throw sessions;
        return { socket, server: true, sessions };
      },
    },
  };
  const seen = await observe(readers, host.facts, { programs: {}, files: [], socket: 'mosaic' });
  return { seen, count };
}

describe('witnesses that disagree are asked again', () => {
  const a = agentUnit('a');
  const agreed: Look = { units: { [a]: unit('active', 'one') }, sessions: [session('a', 'one')] };
  const orphaned: Look = { units: { [a]: unit('inactive') }, sessions: [session('a', 'one')] };
  const sessionless: Look = { units: { [a]: unit('active', 'one') }, sessions: [] };
  const ended: Look = { units: { [a]: unit('inactive') }, sessions: [] };
  const restarted: Look = { units: { [a]: unit('active', 'two') }, sessions: [session('a', 'two')] };
  const inBetween: Look = { units: { [a]: unit('active', 'two') }, sessions: [] };

  test.each<readonly [string, readonly Look[], number, Look]>([
    ['not, where they agree', [agreed], 1, agreed],
    ['until the end of a pane has reached its unit', [sessionless, ended], 2, ended],
    ['until a restart is over', [sessionless, inBetween, restarted], 3, restarted],
    ['once more, where they still say the same: then it is real', [sessionless, sessionless], 2, sessionless],
    ['once more about a session that is left over', [orphaned, orphaned], 2, orphaned],
    [
      'no more than four times where they say something else each time',
      [sessionless, inBetween, orphaned, sessionless, agreed],
      4,
      sessionless,
    ],
  ])('%s', async (_, looks, times, last) => {
    const { seen, count } = await lookAt(...looks);
    expect(count).toBe(times);
    expect(seen.units).toEqual(known(last.units));
    expect(seen.tmux.known && seen.tmux.value.sessions).toEqual(last.sessions);
  });

  test('what is seen of both is of one look', async () => {
    const { seen } = await lookAt(sessionless, restarted, agreed);
    expect(seen.units).toEqual(known(restarted.units));
  });

  test('a witness that falls silent meanwhile is unknown', async () => {
    const silent: Look = { units: ended.units, sessions: new PortError('unavailable', 'tmux is gone') };
    const { seen, count } = await lookAt(sessionless, silent);
    expect([count, seen.tmux]).toEqual([2, unknown('tmux is gone')]);
  });
});
