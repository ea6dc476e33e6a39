import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

/** For processors that are wanted elsewhere: `npm test` names each test that passed only so. */
const retry = 1;

/**
 * `unit` needs nothing but files and git. `host` runs inside one private host, as an ordinary user:
 * `node dist/main.js sandbox -- node node_modules/vitest/vitest.mjs run --project host`. `e2e` makes a private host per test.
 */
export default defineConfig({
  root,
  test: {
    // Inside a private host the checkout is read-only.
    cache: false,
    projects: [
      {
        root,
        test: {
          name: 'unit',
          setupFiles: ['test/seed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.host.test.ts', 'test/e2e/**'],
          testTimeout: 20_000,
          retry,
        },
      },
      {
        root,
        test: {
          name: 'host',
          setupFiles: ['test/seed.ts'],
          include: ['test/**/*.host.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 60_000,
          retry,
          hookTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
      {
        root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/probe.ts'],
          testTimeout: 120_000,
          retry,
          hookTimeout: 60_000,
          // Each test has a host of its own; what they share is the machine.
          maxWorkers: 2,
        },
      },
    ],
  },
});
