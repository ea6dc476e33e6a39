import { spawn } from 'node:child_process';

/** Reboots the private host that this runs on; nowhere else is there such a command that this user may call. Rejects where it does not come back. */
export function reboot(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const child = spawn('/run/private-host/bin/reboot', [], { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve() : reject(new Error(said.trim() || 'the private host did not reboot')),
    );
  });
}
