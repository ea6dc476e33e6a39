import { execFile } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { agentTemplate } from '../../src/model/names.ts';
import { type Bus, connectBus } from '../../src/systemd/bus.ts';
import { type Recaller, readingAnew } from '../../src/systemd/recall.ts';
import { unitWriter } from '../../src/systemd/unit-writer.ts';
import { unitReader } from '../../src/systemd/units.ts';
import type { UnitsOnTrial } from './units.contract.ts';

export const run = promisify(execFile);

export const runtimeDir = required('XDG_RUNTIME_DIR');
export const busSocket = path.join(runtimeDir, 'bus');
export const unitDir = path.join(required('HOME'), '.config/systemd/user');
const runtimeUnitDir = path.join(runtimeDir, 'systemd/user');
const breakingDir = path.join(runtimeDir, 'breaking');

/** Instances sleep, or fail before they start while a file of their name is in the directory. */
const template = `
[Service]
Type=exec
ExecStartPre=/usr/bin/test ! -e ${breakingDir}/%i
ExecStart=/bin/sleep infinity
[Install]
WantedBy=default.target
`;

/** The user manager of the private host that the tests run on, with an agent template of little consequence. */
export async function realUnits(recaller: Recaller = readingAnew): Promise<UnitsOnTrial & { readonly bus: Bus }> {
  await clean();
  await mkdir(unitDir, { recursive: true });
  await mkdir(breakingDir, { recursive: true });
  await writeFile(path.join(unitDir, agentTemplate), template);
  await systemctl('daemon-reload');
  const bus = await connectBus(busSocket);
  return {
    bus,
    reader: unitReader(async () => bus, runtimeDir, recaller),
    writer: unitWriter(async () => bus, { runtimeDir }),
    breaks: async (agent, broken) => {
      const file = path.join(breakingDir, agent);
      await (broken ? writeFile(file, '') : rm(file));
    },
    mask: async (unit) => {
      await symlink('/dev/null', path.join(unitDir, unit));
      await systemctl('daemon-reload');
    },
    enableAtRuntime: async (unit) => void (await systemctl('enable', '--runtime', '--quiet', unit)),
    makeOwnFile: async (unit) => {
      const file = path.join(unitDir, unit);
      await writeFile(file, '[Service]\nExecStart=/bin/sleep infinity\n');
      await systemctl('daemon-reload');
      return file;
    },
    changeTemplate: () => writeFile(path.join(unitDir, agentTemplate), `${template}# changed\n`),
    removeTemplate: async () => {
      await rm(path.join(unitDir, agentTemplate));
      await systemctl('daemon-reload');
    },
    close: () => bus.close(),
  };
}

export async function systemctl(...words: readonly string[]): Promise<string> {
  const { stdout } = await run('systemctl', ['--user', ...words]);
  return stdout.trim();
}

/** Leaves nothing of ours in the user manager or on its disk. */
export async function clean(): Promise<void> {
  await systemctl('stop', 'mosaic-*');
  for (const directory of [unitDir, runtimeUnitDir, breakingDir]) await rm(directory, { recursive: true, force: true });
  await systemctl('reset-failed');
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: these tests run on a private host`);
  return value;
}
