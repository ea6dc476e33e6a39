import type { Diagnostic } from '../model/diagnostic.ts';
import { denial, type Rule } from './input.ts';

/** Rosters of a host and tenant agree on socket and holder session: there is one tmux server for all of them. */
export const tmuxOneSocket: Rule = ({ selected }) => {
  const [first, ...others] = selected;
  if (first === undefined) return [];
  return others.flatMap((roster): Diagnostic[] => {
    const disagree = (key: string, mine: string, theirs: string): Diagnostic[] =>
      mine === theirs
        ? []
        : [
            denial('tmux/one-socket', `${key} is ${mine} here and ${theirs} in ${first.file}`, {
              detail: 'all fleets of a host and tenant live on one tmux server',
              hint: 'write the same `tmux` block in all of them',
              place: roster.locate(['tmux', key]),
            }),
          ];
    return [
      ...disagree('socket_name', roster.tmux.socket, first.tmux.socket),
      ...disagree('holder_session', roster.tmux.holderSession, first.tmux.holderSession),
    ];
  });
};
