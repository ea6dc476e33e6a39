import { expect, test } from 'vitest';
import { renderPlan } from '../../src/views/plan-text.ts';
import { plain } from '../../src/views/style.ts';
import { renderKept, renderLeaving } from '../../src/views/uninstall.ts';
import { planOf } from './plans.ts';

const lingering = 'lingering (loginctl disable-linger ends it)';
const places = ['/home/jason/.config/mosaic/fleet/controller.yaml', '/state (the history)', lingering];

test('what is kept is a list, and how to remove it is told once, for all of it', () => {
  expect(renderKept('Everything is gone, except for', { places, isPurgeable: true })).toBe(
    `Everything is gone, except for:\n  ${places.join('\n  ')}\nTo remove these, too, all but lingering: muster uninstall --purge\n`,
  );
  expect(renderKept('The controller is gone; its agents go on. Kept', { places, isPurgeable: false })).not.toContain('--purge');
});

test('where all but lingering is gone, that is one sentence', () => {
  expect(renderKept('Everything is gone, except for', { places: [lingering], isPurgeable: false })).toBe(
    `Everything is gone, except for ${lingering}.\n`,
  );
});

test('before it is done, what goes and what stays are lists', () => {
  expect(renderLeaving(['bin/muster', 'units/a'], { places, isPurgeable: true })).toBe(
    `Goes besides:\n  bin/muster\n  units/a\nStays, all but lingering unless with --purge:\n  ${places.join('\n  ')}\n`,
  );
});

test('a plan that compares no rosters says what it is', () => {
  const plan = planOf([], { revision: null });
  expect(renderPlan(plan, plain, 'what uninstalling takes away')).toMatch(/^Plan for \S+: what uninstalling takes away\n/);
  expect(renderPlan(plan, plain)).toMatch(/^Plan for \S+: working tree against this host\n/);
});
