import type { ControllerDeps } from '../controller/controller.ts';
import { controllerUnit, unitFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { looker } from './look.ts';

/** What `muster ps` shows, by the controller itself: it has in force what is to be desired, and remembers what of the host is as it was. */
export function reporter(facts: HostFacts, context: Context): ControllerDeps['report'] {
  const look = looker(facts, context);
  return async (readers, desired, status) => {
    const installed = (await readers.files.read(unitFile(controllerUnit)).catch(() => null)) !== null;
    const { report, findings, whole } = await look(readers, {
      inForce: Promise.resolve({ desired, rosterless: desired.agents.size === 0, unread: null }),
      controller: Promise.resolve({ state: 'running', installed, status }),
    });
    return { format_version: '1.0', facts, report, findings, whole };
  };
}
