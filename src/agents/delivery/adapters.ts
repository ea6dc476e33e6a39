import type { DeliveryAdapter } from './adapter-port.ts';
import { stubAdapter } from './stub-adapter.ts';

/** By the name of a runtime. */
export const adapterFor = (runtime: string): DeliveryAdapter => ({ ...stubAdapter, runtime });
