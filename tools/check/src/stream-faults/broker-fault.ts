import type { GroupRun } from './group-run.ts';
import type { RunBounds } from './judge-run.ts';

/** A commit may come so much later than its interval says, on two busy cores. */
const LATE_MS = 1_000;

/**
 * While a broker is away, outputs and commits of every member can hang: each may repeat what it had done and not committed, which is what
 * comes in one commit interval and in the drain that gave up waiting.
 */
export function brokerFaultBounds(run: GroupRun): RunBounds & { readonly each: number } {
  const { commitEveryMs, drainMs } = run.settings.runLoop;
  const each = run.recordsIn(commitEveryMs + drainMs + LATE_MS, Math.ceil(run.partitions / run.members.length));
  return { each, repeatsMax: () => each };
}
