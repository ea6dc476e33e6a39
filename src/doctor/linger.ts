import { ok, type Point } from './point.ts';

export interface LingerFacts {
  readonly user: string;
  /** systemd is process 1 here. */
  readonly booted: boolean;
  readonly lingers: boolean;
  /** Agents are to run here. */
  readonly inForce: boolean;
}

export const linger: Point<LingerFacts> = {
  id: 'linger',
  group: 'user manager',
  gather: async ({ fleet, machine }) => ({
    user: fleet.facts.tenant,
    booted: (await machine.session()).booted,
    lingers: await fleet.linger(),
    inForce: await fleet.rosters().then(
      ({ from }) => from === 'in-force',
      () => false,
    ),
  }),
  judge: ({ user, booted, lingers, inForce }) => {
    if (!booted) return [{ state: 'unchecked', finding: 'not checked', detail: 'Nobody lingers without systemd.' }];
    if (lingers) return [ok(`${user} lingers: agents outlive the last logout`)];
    return [
      {
        state: inForce ? 'failing' : 'warning',
        finding: `${user} does not linger`,
        detail: inForce
          ? 'Agents end at the last logout, and do not come back at boot.'
          : 'The first apply asks for it; where you may not, somebody else has to.',
        mend: [`sudo loginctl enable-linger ${user}`],
        fix: { verb: 'linger', targets: [user] },
      },
    ];
  },
};
