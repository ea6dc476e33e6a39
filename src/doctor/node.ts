import { isOlder, ok, type Point, versionIn } from './point.ts';

/** As `engines` of the package says. */
const oldest = [20, 19];

export const node: Point<string> = {
  id: 'node',
  group: 'system',
  gather: ({ machine }) => machine.node(),
  judge: (version) => {
    if (!isOlder(versionIn(version), oldest)) return [ok(version)];
    return [
      {
        state: 'failing',
        finding: `${version} is too old: ${oldest.join('.')} or newer is needed`,
        detail: 'Install a newer one, see https://nodejs.org/en/download',
      },
    ];
  },
};
