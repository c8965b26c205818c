import { codeOf, fateOf } from '../fate.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import { RecordCollector } from './record-collector.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { StreamTask } from '../port.ts';
import type { TaskHooks } from './task-hooks.ts';

interface WindowHost {
  readonly ports: LanePorts;
  readonly input: LaneInput;
  readonly task: StreamTask<unknown>;
  readonly hooks: TaskHooks | undefined;
  /** Runs a call into the task, which counts for liveness. */
  counted<T>(run: () => MaybePromise<T>): MaybePromise<T>;
}

/**
 * Runs a task's window once, to the acknowledgement of what it sends. A dependency that is down costs this window, and the next one tries again.
 *
 * @throws what must stop the process
 */
export async function runWindow(host: WindowHost, lease: Lease): Promise<void> {
  const { ports, input, task, hooks } = host;
  const collector = new RecordCollector(ports.serde, {}, ports.settings.outputRecordBytesMax);
  const run = (): MaybePromise<void> => {
    ports.checkMembership();
    return host.counted(() => task.window?.run(collector));
  };
  try {
    await (hooks === undefined ? run() : hooks.attempt(run, lease));
    collector.close();
    for (const reason of collector.drops) ports.metrics.dropped(input.at, reason);
    // Part of the window: a commit that ran past unacknowledged window outputs could lose what they stand for.
    await ports.outputs.submit(collector.outputs, () => lease.valid);
  } catch (error) {
    collector.close();
    if (fateOf(error) !== 'retry') throw error;
    ports.log.warn('a window failed and runs again', { ...input.at, code: codeOf(error, 'UNKNOWN') });
  }
}
