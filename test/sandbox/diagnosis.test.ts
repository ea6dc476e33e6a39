import { describe, expect, test } from 'vitest';
import { diagnose, type KernelSettings } from '../../src/sandbox/diagnosis.ts';
import { runSandbox } from '../../src/sandbox/run.ts';

const permissive: KernelSettings = {
  'kernel.unprivileged_userns_clone': null,
  'kernel.apparmor_restrict_unprivileged_userns': '0',
  'user.max_user_namespaces': '96365',
};

describe('where no private host can be had, the finding says what to do', () => {
  test.each([
    ['programs', false, permissive, 'unshare is not installed', /program is missing/, /util-linux/],
    ['bus', false, permissive, 'there is no dbus.socket', /message bus/, /dbus-user-session/],
    ['delegation', false, permissive, 'not writable', /no cgroup of your own/, /enable-linger/],
    ['cgroup', true, permissive, 'Read-only file system', /no cgroup can be made/, /--privileged/],
    ['namespaces', true, permissive, 'Operation not permitted', /namespaces are refused/, /^in a container/],
    ['mounts', true, permissive, 'permission denied', /private mount/, /right to mount/],
    ['manager', false, permissive, 'Failed', /user manager does not start/, /systemd --user/],
    ['anything', false, permissive, 'whatever', /"anything" failed/, /docs\/diagnostics\.md/],
    ...(
      [
        ['namespaces', 'kernel.unprivileged_userns_clone', '0', /sysctl -w kernel.unprivileged_userns_clone=1/],
        ['namespaces', 'user.max_user_namespaces', '0', /sysctl -w user.max_user_namespaces=15000/],
        [
          'mounts',
          'kernel.apparmor_restrict_unprivileged_userns',
          '1',
          /sysctl -w kernel.apparmor_restrict_unprivileged_userns=0/,
        ],
      ] as const
    ).map(
      ([step, setting, value, hint]) => [step, false, { ...permissive, [setting]: value }, 'refused', /refused/, hint] as const,
    ),
  ] as const)('%s (root: %s)', (step, root, settings, why, summary, hint) => {
    const finding = diagnose({ step, why }, root, settings);
    expect(finding).toMatchObject({ severity: 'error', code: 'sandbox/unavailable' });
    expect(finding.summary).toMatch(summary);
    expect(finding.detail).toContain(why);
    expect(finding.hint).toMatch(hint);
  });

  test('a setting for ordinary users is no explanation for root', () => {
    const finding = diagnose({ step: 'namespaces', why: 'EPERM' }, true, { ...permissive, 'user.max_user_namespaces': '0' });
    expect(finding.hint).not.toContain('sysctl');
  });
});

test('a package without its launcher is a finding, too', async () => {
  const result = await runSandbox({
    packageRoot: '/nonexistent',
    command: ['true'],
    hostname: null,
    cwd: '/',
    uid: 1000,
    env: {},
    keep: [],
  });
  expect(result).toMatchObject({ unavailable: { code: 'sandbox/unavailable', detail: expect.stringContaining('ENOENT') } });
});
