import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';
import { missedBy, waitFor } from '../../wait-for.ts';

const PARTITIONS = 6;
const GROWN_PARTITIONS = 9;
const STOPPED_WITHIN_MS = 60_000;
const CODE = 'TOPIC_GREW';

/** Keys have moved and their state has not: every member says so and stops, and none counts wrongly meanwhile. */
export const topicGrownStateful: StreamFault = {
  name: 'topic-grown-stateful',
  what: 'the input of a task with state gains partitions: every member stops with TOPIC_GREW',
  quick: false,
  async run(world) {
    const state = { paddingBytes: 0 };
    const run = await GroupRun.flowing(world, { name: 'grown-stateful', partitions: PARTITIONS, state });
    for (const member of run.members) run.expectedToFail.add(member);
    await world.view.growTopic(run.input, GROWN_PARTITIONS);
    run.markFault(`${PARTITIONS} partitions have become ${GROWN_PARTITIONS}`);
    const began = performance.now();
    const stopped = () => run.members.every(({ hasExited }) => hasExited);
    const violations = await missedBy(
      waitFor('every member stopped', stopped, { withinMs: STOPPED_WITHIN_MS, signal: world.signal }),
    );
    const stoppedMs = Math.round(performance.now() - began);
    const codes = run.members.map(({ fatal }) => fatal?.code ?? 'none');
    if (codes.some((code) => code !== CODE)) violations.push(`members stopped with ${codes.join(', ')}, not ${CODE}`);
    return { violations, figures: { stoppedMs, codes } };
  },
};
