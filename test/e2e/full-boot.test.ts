import { expect, type TestContext, test } from 'vitest';
import { Machine, NoMachine } from './machine.ts';
import { roster, small } from './rosters.ts';

/** A user who runs agents; `as TEXT` runs that as this user, without a session, as nobody is logged in. */
const user = `
set -eu
id -u fleet >/dev/null 2>&1 || useradd --create-home --home-dir /home/fleet --shell /bin/bash fleet
id=$(id -u fleet)
as() {
  runuser -u fleet -- env -i HOME=/home/fleet USER=fleet LOGNAME=fleet NO_COLOR=1 XDG_RUNTIME_DIR=/run/user/$id \\
    DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$id/bus PATH=/home/fleet/bin:/usr/local/bin:/usr/bin:/bin \\
    bash -euc 'cd; '"$1"
}
# Whoever waits is killed by the test's own time-out.
until_true() { until eval "$1"; do sleep 0.1; done; }
commit() { cat >/home/fleet/coding.yaml; as 'cp coding.yaml fleet/rosters/; cd fleet; git add -A; git -c user.name=o -c user.email=o@example.org commit -qm roster'; }
live() { as 'muster ps --json' | grep -c '"state": "live"' || :; }
runs() { for agent in orchestrator enhancer coder0; do as "systemctl --user show -P InvocationID mosaic-agent@$agent.service"; done; }
`;

const installs = (text: string): string => `${user}
loginctl enable-linger fleet
until_true '[ -S /run/user/$id/bus ]'
as 'mkdir -p bin fleet/rosters; printf "#!/bin/sh\\nexec /opt/node /opt/muster/dist/main.js \\"\\$@\\"\\n" >bin/muster; chmod 755 bin/muster; git init -q -b main fleet'
commit <<'ROSTER'
${text}ROSTER
as 'cd fleet; muster install'
until_true 'as "muster history" | grep -q "the floor is well"'
echo "live $(live)"
echo "process 1 is $(cat /proc/1/comm)"
runs
`;

/** Nothing but the boot itself brings anything up: nobody logs in, and no command is run for the agents. */
const looks = (agents: number): string => `${user}
until_true '[ "$(live)" = ${agents} ]'
until_true '[ "$(as "systemctl --user is-active mosaic-controller.service" || :)" = active ]'
echo "live $(live)"
echo "sessions $(loginctl list-sessions --no-legend | wc -l), $(loginctl show-user -P State fleet)"
runs
`;

const grows = (text: string): string => `${looks(3)}
commit <<'ROSTER'
${text}ROSTER
until_true '[ "$(live)" = 4 ]'
until_true 'as "cd fleet; muster plan --detailed-exitcode >/dev/null"'
echo "live $(live), and nothing is left to be done"
`;

/** The power goes: nothing is stopped, nothing is written. */
const ends = `${looks(4)}
echo 0 >/run/story/status
systemctl poweroff --force --force
`;

test('a machine that boots brings its fleet up before anybody logs in, and the controller follows the branch', {
  timeout: 300_000,
}, async (context) => {
  await using machine = new Machine();
  const first = await orSkip(machine.boot(installs(roster(small))), context);
  expect(first).toContain('live 3\nprocess 1 is systemd\n');

  const second = await machine.boot(grows(roster({ ...small, coder1: 'implementer' })));
  expect(second).toContain('live 3\nsessions 0, lingering\n');
  expect(second).toContain('live 4, and nothing is left to be done\n');

  const third = await machine.boot(ends);
  expect(third).toContain('live 4\nsessions 0, lingering\n');
  // The power was cut; another boot, another run of each agent.
  const fourth = await machine.boot(looks(4));
  expect(fourth).toContain('live 4\nsessions 0, lingering\n');
  const all = [first, second, third, fourth].flatMap((said) => said.match(/^[0-9a-f]{32}$/gm) ?? []);
  expect(all).toHaveLength(12);
  expect(new Set(all).size).toBe(12);
});

async function orSkip(booted: Promise<string>, context: TestContext): Promise<string> {
  try {
    return await booted;
  } catch (error) {
    if (!(error instanceof NoMachine)) throw error;
    return context.skip(`no machine can be booted here: ${error.message}`);
  }
}
