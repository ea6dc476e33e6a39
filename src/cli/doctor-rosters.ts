import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import { composeDesired } from '../desired/compose.ts';
import { controllerFiles } from '../desired/controller.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import { isError } from '../model/diagnostic.ts';
import type { FleetRosters } from '../model/doctor-ports.ts';
import { type Known, known, unknown } from '../model/known.ts';
import type { HostFacts } from '../model/observation.ts';
import type { StateReader } from '../model/ports.ts';
import type { Context } from './context.ts';
import { desiredOf } from './desired.ts';
import { desiredOnRecord } from './in-force.ts';
import { Refusal } from './refusal.ts';
import { readSource, type Source } from './source.ts';

/** The rosters in force; where there are none, or a directory is named, those that are there as they are, committed or not. */
export async function fleetRosters(
  dir: string | undefined,
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<FleetRosters> {
  const shipped = readShipped(context.packageRoot);
  const own = controllerFiles(shipped.controller, facts, context.env);
  const recorded = dir === undefined ? await inForce(facts, state, context) : null;
  if (recorded !== null) return { from: 'in-force', desired: recorded, controllerFiles: own };
  const here = await rostersHere(dir, shipped, facts, context);
  if (here !== null) return { from: 'here', desired: here, controllerFiles: own };
  const nothing = composeDesired({ rosters: [], roles: {}, facts, templates: shipped.templates });
  return { from: 'none', desired: known(nothing), controllerFiles: own };
}

/** `null` where nothing was ever carried out here. */
async function inForce(facts: HostFacts, state: Pick<StateReader, 'admitted'>, context: Context): Promise<Known<Desired> | null> {
  if ((await state.admitted()) === null) return null;
  const desired = await desiredOnRecord(facts, state, context).catch(reason);
  if (typeof desired === 'string') return unknown(`The rosters in force are denied by this version: ${desired}.`);
  return desired === null ? unknown('The rosters in force cannot be read any more where they came from.') : known(desired);
}

/** `null` where there are none. */
async function rostersHere(
  dir: string | undefined,
  shipped: ShippedFiles,
  facts: HostFacts,
  context: Context,
): Promise<Known<Desired> | null> {
  const source = await readSource(dir, { rosters: 'rosters', ref: 'HEAD', worktree: true }, shipped, context).catch(reason);
  if (typeof source === 'string') return dir === undefined ? null : unknown(`${source}.`);
  return source.set.rosters.length === 0 && !source.set.diagnostics.some(isError) ? null : admitted(source, shipped, facts);
}

function admitted({ set }: Source, shipped: ShippedFiles, facts: HostFacts): Known<Desired> {
  const admission = admit({ set, scope: facts, connectors: factories, previous: null, consents: [] });
  if (admission.admitted) return known(desiredOf(admission, set, facts, shipped));
  const first = admission.diagnostics.find(isError)?.summary ?? 'no reason is given';
  return unknown(`The rosters here are denied: ${first}. See muster validate --worktree.`);
}

function reason(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  throw error;
}
