import { describe, expect, test } from 'vitest';
import { judge, said } from './judge.ts';

const roster = (agents: string, head = ''): string => `version: 1
${head}
defaults: { runtime: stub }
agents:
${agents
  .split('; ')
  .filter((agent) => agent !== '')
  .map((agent, index) => `  - { name: a${index}, ${agent} }`)
  .join('\n')}
${agents === '' ? '  []' : ''}`;

const o = 'class: orchestrator';
const e = 'class: enhancer';

describe('the floor', () => {
  test.each([
    ['one orchestrator and one enhancer', `${o}; ${e}`, []],
    ['more of others', `${o}; ${e}; ${e}; class: worker`, []],
    ['one enhancer of several is enough', `${o}; ${e}, state: stopped; ${e}`, []],
    ['no enhancer', o, ['floor/enhancer f:4 fleet f has no enhancer']],
    ['no orchestrator', e, ['floor/one-orchestrator f:4 fleet f has no orchestrator']],
    ['nobody', '', ['floor/enhancer f:4 fleet f has no enhancer', 'floor/one-orchestrator f:4 fleet f has no orchestrator']],
    ['two orchestrators', `${o}; ${e}; ${o}`, ['floor/one-orchestrator f:7 fleet f has a second orchestrator, a2']],
    [
      'a second one that is stopped',
      `${o}; ${e}; ${o}, state: stopped`,
      ['floor/one-orchestrator f:7 fleet f has a second orchestrator, a2'],
    ],
    [
      'a stopped orchestrator',
      `${o}, state: stopped; ${e}`,
      ['floor/one-orchestrator f:5 orchestrator a0 of fleet f is stopped'],
    ],
    [
      'a disabled orchestrator',
      `${o}, enabled: false; ${e}`,
      ['floor/one-orchestrator f:5 orchestrator a0 of fleet f is disabled'],
    ],
    [
      'an ephemeral orchestrator',
      `${o}, lifecycle: ephemeral; ${e}`,
      ['floor/one-orchestrator f:5 orchestrator a0 of fleet f is ephemeral'],
    ],
    ['a stopped enhancer', `${o}; ${e}, state: stopped`, ['floor/enhancer f:6 enhancer a1 of fleet f is stopped']],
    [
      'only enhancers that do not count',
      `${o}; ${e}, enabled: false; ${e}, lifecycle: ephemeral`,
      ['floor/enhancer f:6 enhancer a1 of fleet f is disabled, and no other one counts either'],
    ],
  ])('%s', (_what, agents, findings) => {
    expect(said(judge({ f: roster(agents) }))).toEqual(findings);
    expect(judge({ f: roster(agents) }).admitted).toBe(findings.length === 0);
  });
});

describe('profile minimal', () => {
  const waived = 'notice floor/waived f:2 fleet f runs without the floor';
  test.each([
    ['nobody of the floor', 'class: worker', []],
    ['a stopped orchestrator', `${o}, state: stopped`, []],
    ['two orchestrators all the same', `${o}; ${o}`, ['floor/one-orchestrator f:6 fleet f has a second orchestrator, a1']],
  ])('%s', (_what, agents, findings) => {
    expect(said(judge({ f: roster(agents, 'profile: minimal') }))).toEqual([waived, ...findings]);
  });

  test('is the only profile that waives it', () => {
    expect(judge({ f: roster('class: worker', 'profile: minimal-2') }).admitted).toBe(false);
  });
});
