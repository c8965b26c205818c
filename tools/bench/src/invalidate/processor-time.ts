import type { Fleet } from '@porchlight/run';
import { rounded } from '../quantiles.ts';

const MS_PER_SECOND = 1_000;
/** Who handles a change on its way. */
const onTheWay = ['catalog-relay', 'invalidator'] as const;

type Spent = Readonly<Record<(typeof onTheWay)[number], number>>;

async function spentBy(fleet: Pick<Fleet, 'metrics'>): Promise<Spent> {
  const [relay, invalidator] = await Promise.all(
    onTheWay.map(async (app) => (await fleet.metrics(app)).sum('process.cpu.time') * MS_PER_SECOND),
  );
  return { 'catalog-relay': relay ?? 0, invalidator: invalidator ?? 0 };
}

/**
 * Processor time that the apps on a change's way take for each, while `work` makes so many: unlike a latency it hardly depends on what else the
 * machine does. What they do without any change (marks, polls) is in it.
 */
export async function withProcessorTime<T extends object>(
  fleet: Pick<Fleet, 'metrics'>,
  changes: number,
  work: () => Promise<T>,
): Promise<T & { relayCpuMsPerChange: number; invalidatorCpuMsPerChange: number }> {
  const before = await spentBy(fleet);
  const figures = await work();
  const after = await spentBy(fleet);
  const perChange = (app: keyof Spent): number => rounded((after[app] - before[app]) / changes, 3);
  return {
    ...figures,
    relayCpuMsPerChange: perChange('catalog-relay'),
    invalidatorCpuMsPerChange: perChange('invalidator'),
  };
}
