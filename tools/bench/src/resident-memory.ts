import { appNames, type Fleet } from '@porchlight/run';
import type { Say } from './bench.ts';

/** Resident MB of every app, printed as a table. */
export function residentMemory(fleet: Fleet, say: Say): Record<string, number> {
  const rows = appNames.map((app) => [app, Math.round(fleet.rssMb(app) ?? 0)] as const);
  say('resident memory, MB:');
  for (const [app, rssMb] of rows) say(`  ${app.padEnd(16)}${String(rssMb).padStart(5)}`);
  return Object.fromEntries(rows);
}
