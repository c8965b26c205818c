import type { StoreDefinition, Topic } from '../port.ts';
import { reading } from './test-bed.ts';

/** Who comes. */
export const visits: Topic<string> = { name: 'visits' };
/** `<who> <the number of the visit>` */
export const visitCounts: Topic<string> = { name: 'counts' };
const visitStore: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };

/** A task with state: says of each visitor how often it has come. */
export const countingVisits = reading(
  visits,
  (_partition, context) => {
    const kept = context.store(visitStore);
    return {
      process({ value: who }, collector) {
        const count = (kept.get(who) ?? 0) + 1;
        kept.put(who, count);
        collector.send(visitCounts, who, `${who} ${count}`);
      },
    };
  },
  { stores: [visitStore] },
);
