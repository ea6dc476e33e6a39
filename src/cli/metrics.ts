import { serveMetrics } from '../control/metrics-server.ts';
import type { ControllerConfig } from '../model/controller.ts';
import { messageOf } from '../model/message-of.ts';
import type { Log } from './log.ts';

/** Serves metrics where `at` says, and gives what ends that. Nobody's agents go unhealed for want of metrics: a place that is taken is told, no more. */
export async function metricsAt(at: ControllerConfig['metrics'], render: () => string, log: Log): Promise<() => unknown> {
  if (at === null) return () => {};
  try {
    const served = await serveMetrics(render, at);
    log(6, `metrics at ${served.at}`);
    return served.close;
  } catch (error) {
    log(3, `no metrics: ${messageOf(error)}`);
    return () => {};
  }
}
