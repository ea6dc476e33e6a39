import type { FileKey } from '../model/names.ts';
import type { ObservedFile } from '../model/observation.ts';

/** What a file says of itself: whether it carries our marker, and the `format_version` in it. */
export interface Marker {
  readonly ours: boolean;
  readonly format?: string;
}

/**
 * Unit files carry an `[X-Muster]` section with `Owner=muster` and `FormatVersion=`; every other file names
 * `muster format_version=` in a comment within its first three lines, a role document below its text: the first lines are the author's. What comes
 * after that mark was added by somebody.
 * What a connector is to be is JSON, which has no comments: its place makes it ours, and a field tells its format.
 */
export function markerOf(key: FileKey, text: string): Marker {
  if (key.startsWith('units/')) return unitMarker(text);
  if (key.startsWith('connectors/')) return specMarker(text);
  const format = (key.startsWith('roles/') ? belowText : key.startsWith('fleets/') ? aboveText : amongFirst).exec(text)?.[1];
  return format === undefined ? { ours: false } : { ours: true, format };
}

/** What an agent would be that is started from this environment file; nothing of any other file. */
export function startRoleOf(key: FileKey, text: string): Pick<ObservedFile, 'role'> {
  if (!key.startsWith('agents/')) return {};
  const [fleet, className] = [only(startFleet, text), only(startClass, text)];
  return fleet === undefined || className === undefined ? {} : { role: { fleet, class: className } };
}

/** Of several lines systemd takes the last, as somebody wrote it. */
function only(lines: RegExp, text: string): string | undefined {
  lines.lastIndex = 0;
  const found = lines.exec(text);
  return found === null || lines.test(text) ? undefined : found[1];
}

/** Names need no quotes but ours, and no escapes. */
const startFleet = /^[ \t]*MOSAIC_FLEET[ \t]*=(?:"([^"\\]*)"$)?/gm;
const startClass = /^[ \t]*MOSAIC_CLASS[ \t]*=(?:"([^"\\]*)"$)?/gm;

const amongFirst = /^(?:.*\n){0,2}#.*\bmuster format_version=(\d+\.\d+)\b/;
const aboveText = /^(?:.*\n){0,2}<!--.*\bmuster format_version=(\d+\.\d+)\b.*-->/;
const belowText = /\n<!-- *muster format_version=(\d+\.\d+)\b[^\n]*--> *(?:\n|$)/;

function specMarker(text: string): Marker {
  const format = /"format_version":"(\d+\.\d+)"/.exec(text)?.[1];
  return format === undefined ? { ours: true } : { ours: true, format };
}

function unitMarker(text: string): Marker {
  const at = text.search(/^\[X-Muster\][ \t]*$/m);
  if (at < 0) return { ours: false };
  const [, ...lines] = text.slice(at).split('\n');
  const end = lines.findIndex((line) => line.startsWith('['));
  const section = lines.slice(0, end < 0 ? undefined : end).map((line) => line.trim());
  const format = section.find((line) => line.startsWith('FormatVersion='))?.slice('FormatVersion='.length);
  const ours = section.includes('Owner=muster');
  return format === undefined ? { ours } : { ours, format };
}
