import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';
import { missedBy, waitFor } from '../../wait-for.ts';

const PARTITIONS = 6;
const GROWN_PARTITIONS = 9;
/** The promise of the design. */
const ADOPTED_WITHIN_MS = 60_000;
const AFTER_MS = 5_000;

/** `topics apply --grow` while a group without state runs: it takes the new partitions by itself, from their first record. */
export const topicGrown: StreamFault = {
  name: 'topic-grown',
  what: 'the input gains partitions: a group without state adopts them within 60 s, from their first record',
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'topic-grown', partitions: PARTITIONS });
    await world.view.growTopic(run.input, GROWN_PARTITIONS);
    run.markFault(`${PARTITIONS} partitions have become ${GROWN_PARTITIONS}`);
    const began = performance.now();
    const adopted = async (): Promise<boolean> => {
      const committed = await world.view.committed(run.groupId, run.input);
      return committed.length === GROWN_PARTITIONS && committed.every((offset) => offset > 0);
    };
    const violations = await missedBy(
      waitFor('a commit in every new partition', adopted, { withinMs: ADOPTED_WITHIN_MS, signal: world.signal }),
    );
    const adoptedMs = Math.round(performance.now() - began);
    run.say(`adopted after ${(adoptedMs / 1_000).toFixed(1)} s`);
    await run.pass(AFTER_MS);
    const seen = await run.judged({ repeatsMax: () => 0 }, { adoptedMs });
    return { ...seen, violations: [...violations, ...seen.violations] };
  },
};
