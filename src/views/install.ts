import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

export interface ShownStep {
  readonly what: string;
  readonly outcome: 'done' | 'already';
  readonly target: string;
}

/** One line for each step: what was done, and what was there already. */
export function renderStep({ what, outcome, target }: ShownStep, style: Style): string {
  const mark = outcome === 'done' ? style.green('✓') : style.dim('=');
  return `${mark} ${what.padEnd(7)} ${visible(target)}${outcome === 'done' ? '' : style.dim(' (already)')}\n`;
}
