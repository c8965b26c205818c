import type { Promised } from './breach.ts';
import { shipped, type Design } from './design.ts';
import { memcacheLease } from './designs/memcache-lease.ts';
import { plainSet } from './designs/plain-set.ts';
import { setIfNewer } from './designs/set-if-newer.ts';
import { tombstone } from './designs/tombstone.ts';
import { search } from './search.ts';
import { world } from './worlds.ts';
import type { World, WorldLimits } from './world.ts';

/** What any cache is asked for: nothing that an acknowledged change removed, and the truth when all is quiet. */
const ASKED: ReadonlySet<Promised> = new Set(['C', 'QF', 'QE'] as const);

const faults: Readonly<Record<string, Partial<WorldLimits>>> = {
  'no fault': {},
  'an eviction': { evictions: 1 },
  'an event twice': { duplicates: 1 },
  'a replica lags': { laggingFacts: 1 },
  'a failover': { failovers: 1 },
};

interface Row {
  readonly design: Design;
  /** Facts are read from the primary, whatever else lags. */
  readonly readsPrimary: boolean;
  /** Redis says what it remembers, and the invalidator goes back to it. */
  readonly hasMarks: boolean;
}

const others = [plainSet, setIfNewer, tombstone, memcacheLease];
const rows: readonly Row[] = [
  ...others.map((design) => ({ design, readsPrimary: false, hasMarks: false })),
  { design: { ...shipped, name: 'ours, facts from a replica' }, readsPrimary: false, hasMarks: true },
  { design: { ...shipped, name: 'ours, without marks' }, readsPrimary: true, hasMarks: false },
  { design: shipped, readsPrimary: true, hasMarks: true },
];

function worldOf({ design, readsPrimary, hasMarks }: Row, fault: string): World {
  const limits = { ...faults[fault], ...(readsPrimary ? { laggingFacts: 0 } : {}) };
  return world({
    name: `${design.name}: ${fault}`,
    about: 'A design and a fault.',
    design,
    hasMarks,
    warmUps: 0,
    limits,
  });
}

function cellOf(row: Row, fault: string): string {
  const { found } = search(worldOf(row, fault), { promises: ASKED });
  return found === null ? 'holds' : `**${found.breach.promise}** in ${found.trail.length} steps`;
}

/** The designs that people know against the faults that happen, each cell an exhausted search; a Markdown table. */
export function designTable(): string[] {
  const names = Object.keys(faults);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = line(['design', ...names]);
  const body = rows.map((row) => line([row.design.name, ...names.map((fault) => cellOf(row, fault))]));
  return [head, line(['---', ...names.map(() => '---')]), ...body];
}
