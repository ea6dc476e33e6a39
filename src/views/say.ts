import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

/** What `say` tells of a message: format_version 1.0, fields in `docs/cli.md`. */
export interface Said {
  readonly format_version: '1.0';
  readonly id: string;
  readonly fleet: string;
  readonly state: 'queued' | 'sent' | 'rejected' | 'unknown';
  /** Of the messages that it became, in order. */
  readonly ids: readonly string[];
  readonly thread: string | null;
  readonly reason: string | null;
  readonly detail: string;
  readonly at: string;
}

export function renderSaid(said: Said, served: boolean, style: Style): string {
  const { glyph, text, next } = described(said, served, style);
  const why = [said.reason, said.detail].flatMap((part) => (part === null || part === '' ? [] : [visible(part)])).join(', ');
  const facts = [
    `id ${said.id}`,
    ...(said.thread === null ? [] : [`thread ${visible(said.thread)}`]),
    ...(said.ids.length === 0 ? [] : [`as ${said.ids.map(visible).join(', ')}`]),
  ];
  const lines = [
    `${glyph} ${text}${why === '' ? '' : `: ${why}`}`,
    `  ${style.dim(facts.join(' · '))}`,
    ...(next === null ? [] : [`  ${style.cyan('help:')} ${next}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function described({ state, fleet }: Said, served: boolean, style: Style) {
  const whose = style.bold(fleet);
  const look = `muster connector health ${fleet}`;
  switch (state) {
    case 'sent':
      return { glyph: style.green('✓'), text: `said to the operator of ${whose}`, next: null };
    case 'queued':
      return served
        ? { glyph: style.green('·'), text: `queued for the operator of ${whose}`, next: null }
        : {
            glyph: style.yellow('·'),
            text: `queued for the operator of ${whose}; its connector does not run now, and says it once it does`,
            next: look,
          };
    case 'rejected':
      return {
        glyph: style.red('✗'),
        text: `not said to the operator of ${whose}`,
        next: 'It is not tried again: say it otherwise.',
      };
    case 'unknown':
      return {
        glyph: style.red('✗'),
        text: `nobody knows whether the operator of ${whose} has it`,
        next: `It is not said again by itself. Look in the chat, or: ${look}`,
      };
  }
}
