import { sayCount, sayMany } from '../terminal/say-span.ts';
import type { LeftOut, WarmPlan } from './plan-warm.ts';

const WHY: Readonly<Record<LeftOut, string>> = {
  cached: 'are cached already',
  hidden: 'nobody may see',
  unknown: 'the database does not have',
  away: 'lie on a node of Redis that does not answer',
  cut: 'do not fit into the budget',
};

/** @returns what a warm-up would cost at most, and which homes it leaves out and why */
export function printWarmPlan({ cost, leftOut }: WarmPlan): string {
  const usd =
    cost.usd === null ? 'USD not known (say --usd-per-call and --usd-per-item)' : `${cost.usd.toFixed(2)} USD`;
  const rest = (Object.entries(leftOut) as [LeftOut, number][]).filter(([, homes]) => homes > 0);
  return [
    `${sayMany(cost.homes, 'home')} to warm: at most ${sayMany(cost.calls, 'paid call')}, ${sayMany(cost.items, 'item')}, ${usd}`,
    ...rest.map(([reason, homes]) => `  ${sayCount(homes)} left out, which ${WHY[reason]}`),
  ].join('\n');
}
