import { GroupRun } from '../group-run.ts';
import { judgeRun } from '../judge-run.ts';
import type { StreamFault } from '../world.ts';

const AFTER_MS = 5_000;

/** On every partition one record whose bytes say nothing, and one that its handler refuses for good. */
export const poison: StreamFault = {
  name: 'poison',
  what: 'a poison record of either kind on every partition: parked once each, all others go on',
  quick: true,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'poison' });
    const partitions = Array.from({ length: run.partitions }, (_none, partition) => partition);
    const records = partitions.flatMap((partition) => [
      { partition, key: `broken-${partition}`, value: Buffer.from('{') },
      {
        partition,
        key: `poison-${partition}`,
        value: Buffer.from(JSON.stringify({ key: `poison-${partition}`, sequence: 0, poison: true })),
      },
    ]);
    run.markFault(`${records.length} poison records come`);
    await world.view.append(run.input, records);
    await run.pass(AFTER_MS);
    const { observation, violations } = await run.ended();
    const parked = observation.endedOtherwise ?? [];
    const places = new Set(parked.map(({ partition, offset }) => `${partition}/${offset}`));
    const poisonous = observation.input.filter(({ key }) => !key.startsWith('k'));
    const rightly = poisonous.filter(({ partition, offset }) => places.has(`${partition}/${offset}`)).length;
    if (rightly !== records.length) violations.push(`${rightly} of ${records.length} poison records were parked`);
    if (parked.length !== records.length) violations.push(`${parked.length} dead letters, not ${records.length}`);
    return run.seen(judgeRun(observation, { repeatsMax: () => 0 }), violations, { parked: parked.length });
  },
};
