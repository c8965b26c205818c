import type { Facts } from '@porchlight/contracts';
import { SOURCE_ITEMS_MAX } from '@porchlight/estimate-source';
import type { Role } from '@porchlight/visibility';
import type { Asker } from './asker.ts';
import { chunksOf } from './chunks-of.ts';
import { codeOf } from './code-of.ts';
import { PENDING, UNAVAILABLE, UNKNOWN, type Outcome } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { createRate } from './rate.ts';
import { rightOf } from './right-of.ts';

export type TricklePorts = Pick<ReadingPorts, 'catalog' | 'source' | 'rules' | 'jsonOf' | 'meter' | 'limits' | 'clock'>;

/**
 * Answers while Redis does not: a few fetches at once, each for its own caller, facts first, and nothing is stored. Without
 * leases every process may pay for the same home, and for the next viewer again, so the calls are bounded, at once and a second,
 * and the rest is `pending`.
 *
 * @returns tells outcomes to `tell` as they come
 */
export function createTrickle(ports: TricklePorts) {
  const { catalog, source, rules, jsonOf, meter, limits, clock } = ports;
  const mayBegin = createRate(clock, limits.tricklesPerSMax);
  let running = 0;

  const fetchChunk = async (propertyIds: readonly string[], role: Role): Promise<[string, Outcome][]> => {
    const found = await catalog.factsOf(propertyIds);
    const sorted = propertyIds.map((id) => [id, rightOf(found.get(id), { factsFence: 0, role, rules })] as const);
    const outcomes: [string, Outcome][] = [];
    const paid: [string, Facts][] = [];
    for (const [id, right] of sorted) {
      if (right.kind === 'pay') paid.push([id, right.facts]);
      else if (right.kind === 'unpaid') outcomes.push([id, { kind: 'facts', facts: right.facts }]);
      else outcomes.push([id, right.kind === 'unknown' ? UNKNOWN : UNAVAILABLE]);
    }
    return [...outcomes, ...(await fetchPaid(paid))];
  };
  const fetchPaid = async (paid: readonly [string, Facts][]): Promise<[string, Outcome][]> => {
    if (paid.length === 0) return [];
    try {
      const { estimates } = await source.fetch(paid.map(([id]) => id));
      meter.called('ok', 'trickle');
      return paid.map(([id, facts]) => {
        const estimate = estimates.get(id);
        const estimateJson = estimate === undefined ? null : jsonOf(id, estimate);
        return [id, { kind: 'value', facts, estimateJson, source: 'miss' }];
      });
    } catch (error) {
      meter.called(codeOf(error), 'trickle');
      return paid.map(([id, facts]) => [id, { kind: 'facts', facts }]);
    }
  };
  const tryChunk = async (
    chunk: readonly string[],
    { role, deadlineAt }: Pick<Asker, 'role' | 'deadlineAt'>,
  ): Promise<[string, Outcome][]> => {
    // After its deadline nobody would get what was paid for, and nothing can be kept.
    const isOver = running >= limits.tricklesMax || clock.now() >= deadlineAt;
    if (isOver || !mayBegin()) return chunk.map((id) => [id, PENDING]);
    running += 1;
    try {
      return await fetchChunk(chunk, role);
    } catch {
      return chunk.map((id) => [id, PENDING]);
    } finally {
      running -= 1;
    }
  };
  return async (propertyIds: readonly string[], asker: Asker): Promise<void> => {
    await Promise.all(
      chunksOf(propertyIds, SOURCE_ITEMS_MAX).map(async (chunk) => {
        for (const [id, outcome] of await tryChunk(chunk, asker)) asker.tell(id, outcome);
      }),
    );
  };
}
