import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const DELAY_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/**
 * What every process says about itself: memory, processor time, event loop.
 *
 * @returns `read` before each rendering (it adds the processor time used since), `stop` at the end
 */
export function observeProcess(metrics: Metrics): { read(): void; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  let loop = performance.eventLoopUtilization();
  let cpu = { user: 0, system: 0 };
  const cpuTime = metrics.counter('process.cpu.time');

  metrics.gauge('process.memory.usage').observe(() => [{ value: process.memoryUsage.rss() }]);
  metrics.gauge('v8js.memory.heap.used').observe(() => [{ value: process.memoryUsage().heapUsed }]);
  metrics.gauge('process.uptime').observe(() => [{ value: process.uptime() }]);
  metrics.gauge('nodejs.eventloop.delay.p99').observe(() => {
    // The histogram counts its own timer, so its resolution is no delay.
    const value = Math.max(0, delay.percentile(99) / NANOSECONDS - DELAY_RESOLUTION_MS / 1e3);
    delay.reset();
    return [{ value }];
  });
  metrics.gauge('nodejs.eventloop.utilization').observe(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, loop);
    loop = now;
    return [{ value: utilization }];
  });
  return {
    read() {
      const now = process.cpuUsage();
      cpuTime.add((now.user - cpu.user) / MICROSECONDS, { 'cpu.mode': 'user' });
      cpuTime.add((now.system - cpu.system) / MICROSECONDS, { 'cpu.mode': 'system' });
      cpu = now;
    },
    stop: () => void delay.disable(),
  };
}
