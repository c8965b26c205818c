/** A process of its own for each arm: spawned by members.ts, told what to do by its first argument, speaking over the IPC channel. */
import { createDurations, rounded } from '../quantiles.ts';
import type { MemberOptions, MemberReport, OnRecord, RunningArm, Said } from './arm.ts';

const MB = 1_048_576;
const LOOK_EVERY_MS = 10;

const options = JSON.parse(process.argv[2] ?? '{}') as MemberOptions;
const latencies = createDurations();
let begun: { at: number; cpu: NodeJS.CpuUsage } | undefined;

const say = (message: Said): void => void process.send?.(message);

const onRecord: OnRecord = (sentAt) => {
  begun ??= { at: performance.now(), cpu: process.cpuUsage() };
  if (!Number.isNaN(sentAt)) latencies.record(performance.timeOrigin + performance.now() - sentAt);
};

function reportOf(arm: RunningArm): MemberReport {
  const cpu = process.cpuUsage(begun?.cpu);
  const wallMs = begun === undefined ? 0 : performance.now() - begun.at;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    records: arm.acknowledged(),
    wallMs,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    residentMb: rounded(rss / MB),
    heapMb: rounded((heapUsed + external) / MB),
    latencyP50Ms: latencies.at(50),
    latencyP99Ms: latencies.at(99),
  };
}

function answer(arm: RunningArm, asked: 'report' | 'forget' | 'stop'): void {
  if (asked === 'forget') latencies.reset();
  if (asked === 'report') say({ said: 'report', report: reportOf(arm) });
  if (asked === 'stop') void arm.stop().then(() => process.exit(0));
}

/** Says when all are safe. */
function watch(arm: RunningArm): void {
  if (options.records === 0) return;
  const timer = setInterval(() => {
    if (arm.acknowledged() < options.records) return;
    clearInterval(timer);
    say({ said: 'done', report: reportOf(arm) });
  }, LOOK_EVERY_MS);
}

const run =
  options.arm === 'bare'
    ? (await import('./bare-loop.adapter.ts')).runBareLoop
    : (await import('./task-arm.ts')).runTaskArm;
const running = await run(options, onRecord);
process.on('message', (asked: 'report' | 'forget' | 'stop') => answer(running, asked));
// a parent that is gone cannot stop us
process.on('disconnect', () => process.exit(1));
watch(running);
say({ said: 'ready' });
