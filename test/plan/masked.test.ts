import { describe, expect, test } from 'vitest';
import { planChanges } from '../../src/plan/changes.ts';
import { worldOf } from './arbitrary.ts';
import type { Disaster } from './mishaps.ts';

const boss = { name: 'boss', class: 'orchestrator' };
const muse = { name: 'muse', class: 'enhancer' };
const coder = { name: 'coder0', class: 'implementer' };
const before = [{ name: 'coding', agents: [boss, muse, coder] }];

const plan = (disaster: Disaster, to = before, adopt = false) => {
  const { desired, seen } = worldOf({ from: before, to, disaster, shared: { units: 1, holder: 1 } });
  const { actions, diagnostics } = planChanges(desired, seen, { adopt });
  return { ids: actions.map(({ id }) => id), findings: diagnostics.map(({ code, summary }) => `${code} ${summary}`) };
};

describe.each([
  ['left alone', false],
  ['not taken over, either', true],
])('a mask in place of our unit files is %s', (_what, adopt) => {
  test('that of the tmux holder, which has ended: nothing is started', () => {
    const { ids, findings } = plan('holder-masked', before, adopt);
    expect(ids.filter((id) => !id.startsWith('write ') && !id.startsWith('reload '))).toEqual([]);
    expect(ids).not.toContain('write units/mosaic-tmux-holder.service');
    expect(findings).toEqual(['unit/masked mosaic-tmux-holder.service is masked on this host']);
  });

  test('that of the tmux holder, which runs: agents are served', () => {
    const changed = [{ name: 'coding', agents: [boss, muse, { ...coder, config: 1 }] }];
    const { ids, findings } = plan('holder-masked-live', changed, adopt);
    expect(ids).toContain('restart mosaic-agent@coder0.service');
    expect(ids).not.toContain('write units/mosaic-tmux-holder.service');
    expect(findings).toEqual(['unit/masked mosaic-tmux-holder.service is masked on this host']);
  });

  test('that of all agents: none is touched, and it is said once', () => {
    const changed = [{ name: 'coding', agents: [boss, muse, { ...coder, config: 1 }] }];
    const { ids, findings } = plan('template-masked', changed, adopt);
    expect(ids.filter((id) => id.includes('mosaic-agent@'))).toEqual([]);
    expect(findings).toEqual(['unit/masked mosaic-agent@.service is masked on this host']);
  });
});
