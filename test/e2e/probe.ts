import type { TestProject } from 'vitest/node';
import { PrivateHost } from './host.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no private host can be had on this machine; empty where one can. */
    noHost: string;
  }
}

/** Asks once for a private host, before all tests. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('noHost', await tryOne());
}

async function tryOne(): Promise<string> {
  try {
    await using host = await PrivateHost.start();
    return host.home === '' ? 'a private host without a home' : '';
  } catch (error) {
    return `no private host: ${error instanceof Error ? error.message : String(error)}`;
  }
}
