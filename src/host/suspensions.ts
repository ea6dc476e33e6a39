import { lstatSync, readdirSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Suspension } from '../model/controller.ts';
import type { SuspensionReader, SuspensionWriter } from '../model/controller-ports.ts';
import { messageOf } from '../model/message-of.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { makeDirectory, syncDirectory, writeDurably } from './durable.ts';
import { asFileError, hasCode, isMissing } from './errors.ts';
import { readRegular } from './read.ts';
import { isFormat, isText, isTime, nullOr, oneOf, shapeOf } from './shape.ts';
import { jsonOf, newerFormat, refuseNewer } from './state-file.ts';

type Target = Pick<Suspension, 'kind' | 'name'>;

const directoryIn = (stateDir: string): string => path.join(stateDir, 'suspensions');
const fileOf = (stateDir: string, { kind, name }: Target): string => path.join(directoryIn(stateDir), `${kind}-${name}.json`);

/** That there is a file is the suspension; what is in it are only details. Sorted by file name; expired ones are left out. */
export function suspensionReader(stateDir: string, now: () => Date): SuspensionReader {
  return {
    list: asFileError(
      () => 'read what is suspended',
      async () => inForce(all(stateDir), now()),
    ),
  };
}

/** Each call removes what has expired, besides. Rejects names that are none. */
export function suspensionWriter(stateDir: string, now: () => Date): SuspensionWriter {
  return {
    suspend: asFileError(
      (suspension: Suspension) => `suspend ${targetOf(suspension)}`,
      async (suspension) => {
        judge(suspension, now());
        const file = fileOf(stateDir, suspension);
        refuseNewer(file);
        await makeDirectory(directoryIn(stateDir), 0o700);
        await removeExpired(stateDir, now());
        await writeDurably(file, `${JSON.stringify({ format_version: '1.0', ...suspension }, null, 2)}\n`, 0o600);
      },
    ),
    resume: asFileError(
      (kind: Suspension['kind'], name: string) => `resume ${targetOf({ kind, name })}`,
      async (kind, name) => {
        refuseBadName({ kind, name });
        const was = inForce(all(stateDir), now()).some((one) => one.kind === kind && one.name === name);
        await removeExpired(stateDir, now());
        if (was) await remove(stateDir, { kind, name });
        return was;
      },
    ),
  };
}

const targetOf = ({ kind, name }: Target): string => `${kind} ${name}`;

function judge(suspension: Suspension, now: Date): void {
  refuseBadName(suspension);
  if (!isDetailed({ format_version: '1.0', ...suspension }))
    throw new PortError('refused', 'a suspension says since when, by whom, and until when or null');
  if (inForce([suspension], now).length === 0) throw new PortError('refused', `${suspension.until} is past`);
}

function refuseBadName({ kind, name }: Target): void {
  if (!isName(name))
    throw new PortError('refused', `${JSON.stringify(name)} cannot be the name of ${kind === 'agent' ? 'an agent' : 'a fleet'}`);
}

const inForce = (suspensions: readonly Suspension[], now: Date): Suspension[] =>
  suspensions.filter(({ until }) => until === null || Date.parse(until) > now.getTime());

async function removeExpired(stateDir: string, now: Date): Promise<void> {
  const suspensions = all(stateDir);
  const kept = inForce(suspensions, now);
  for (const one of suspensions) if (!kept.includes(one)) await remove(stateDir, one);
}

async function remove(stateDir: string, target: Target): Promise<void> {
  await unlink(fileOf(stateDir, target)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  await syncDirectory(directoryIn(stateDir));
}

function all(stateDir: string): Suspension[] {
  const targets = namesIn(directoryIn(stateDir)).sort().flatMap(targetOfFile);
  return targets.flatMap((target) => read(fileOf(stateDir, target), target));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function targetOfFile(file: string): Target[] {
  const [, kind, name = ''] = /^(agent|fleet)-(.+)\.json$/.exec(file) ?? [];
  return (kind === 'agent' || kind === 'fleet') && isName(name) ? [{ kind, name }] : [];
}

/** None where the file was removed meanwhile. */
function read(file: string, target: Target): Suspension[] {
  try {
    const content = readRegular(file);
    if (content === null) return [];
    const details = jsonOf(content.toString());
    if (!isDetailed(details)) throw new Error(newerFormat(details) === null ? 'it is damaged' : 'a newer Muster wrote it');
    const { reason, since, until, by } = details;
    return [{ ...target, reason, since, until, by }];
  } catch (error) {
    const since = changedAt(file);
    const why = messageOf(error);
    return since === null
      ? []
      : [{ ...target, reason: `its file ${file} cannot be read: ${why}`, since, until: null, by: 'unknown' }];
  }
}

function changedAt(file: string): string | null {
  return lstatSync(file, { throwIfNoEntry: false })?.mtime.toISOString() ?? null;
}

const isDetailed = shapeOf<Suspension & { readonly format_version: '1.0' }>({
  format_version: isFormat,
  kind: oneOf(['fleet', 'agent']),
  name: isText,
  reason: nullOr(isText),
  since: isTime,
  until: nullOr(isTime),
  by: isText,
});
