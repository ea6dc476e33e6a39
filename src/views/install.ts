import type { InstallStep } from '../host/install.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

/** One line for each step: what was done, and what was there already. */
export function renderStep({ what, outcome, target }: Pick<InstallStep, 'what' | 'outcome' | 'target'>, style: Style): string {
  const mark = outcome === 'done' ? style.green('✓') : style.dim('=');
  return `${mark} ${what.padEnd(7)} ${visible(target)}${outcome === 'done' ? '' : style.dim(' (already)')}\n`;
}
