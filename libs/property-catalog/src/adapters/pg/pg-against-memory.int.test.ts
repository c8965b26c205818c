import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CatalogWriter, PropertyCatalog } from '../../port.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { memoryCatalog } from '../memory/memory-catalog.ts';
import { connectCatalog } from './pg-catalog.ts';
import { connectCatalogWriter } from './pg-writer.ts';

let database: TestDatabase;
let pgWriter: ReturnType<typeof connectCatalogWriter>;
let pgReader: ReturnType<typeof connectCatalog>;

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
  pgWriter = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  pgReader = connectCatalog({ databaseUrl: database.databaseUrl });
});
afterAll(async () => {
  await Promise.all([pgWriter.close(), pgReader.close()]);
  await database.drop();
});

const level = fc.constantFrom('unregistered', 'registered', 'verified', 'agent', 'nobody');
const home = fc.constantFrom('a', 'b', 'nowhere');
const mls = fc.constantFrom('m', 'n');

/** One change, as a person may read it when a run fails: `['setMls', 'a', 'm']`. */
const change = fc.oneof(
  fc.tuple(fc.constant('setStatus'), home, fc.constantFrom('active', 'off_market')),
  fc.tuple(fc.constant('setMls'), home, fc.option(mls)),
  fc.tuple(fc.constant('setOverride'), home, fc.option(level)),
  fc.tuple(fc.constant('setDeleted'), home, fc.boolean()),
  fc.tuple(fc.constant('setRule'), mls, level, level),
);
type Change = readonly [string, string, ...unknown[]];

/** The same change under names that no other run has. */
async function apply(writer: CatalogWriter, run: string, [name, id, value, other]: Change): Promise<string> {
  const own = `${run}-${id}`;
  const ownMls = typeof value === 'string' ? `${run}-${value}` : null;
  const changes: Record<string, () => Promise<void>> = {
    setStatus: () => writer.setStatus(own, value as 'active'),
    setMls: () => writer.setMls(own, ownMls),
    setOverride: () => writer.setOverride(own, value as 'agent' | null),
    setDeleted: () => writer.setDeleted(own, value as boolean),
    setRule: () => writer.setRule({ mlsId: own, activeLevel: value as 'agent', offMarketLevel: other as 'agent' }),
  };
  return (changes[name] as () => Promise<void>)().then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  );
}

const withoutClock = <T extends object>(value: T) => ({ ...value, checkedAt: 0, changedAt: 0 });

async function stateOf(reader: PropertyCatalog, run: string) {
  const facts = [...(await reader.factsOf([`${run}-a`, `${run}-b`]))].map(([id, each]) => [id, withoutClock(each)]);
  const { rules } = await reader.mlsRules();
  return { facts: facts.sort(), rules: rules.filter(({ mlsId }) => mlsId.startsWith(`${run}-`)) };
}

async function publishedBy(run: string): Promise<unknown[]> {
  const rows = await database.query<{ type: string; aggregateid: string; payload: object }>(
    'SELECT type, aggregateid, payload FROM porchlight.outbox WHERE starts_with(aggregateid, $1) ORDER BY id',
    [`${run}-`],
  );
  return rows.map(({ type, aggregateid, payload }) => [type, aggregateid, withoutClock(payload)]);
}

test('whatever is changed in whatever order, PostgreSQL and the double answer, hold and publish the same', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
      const run = `r${(runs += 1)}`;
      const memory = memoryCatalog();
      const place = { latitude: 1, longitude: 1, status: 'off_market', mlsId: null } as const;
      const homes = [
        { propertyId: `${run}-a`, ...place, overrideLevel: null },
        { propertyId: `${run}-b`, ...place, overrideLevel: 'agent' as const },
      ];
      await Promise.all([memory.loadProperties([homes]), pgWriter.loadProperties([homes])]);
      for (const each of changes) expect(await apply(pgWriter, run, each)).toBe(await apply(memory, run, each));
      expect(await stateOf(pgReader, run)).toEqual(await stateOf(memory, run));
      const published = memory
        .changes()
        .map(({ type, aggregateId, payload }) => [type, aggregateId, withoutClock(payload as object)]);
      expect(await publishedBy(run)).toEqual(published);
    }),
    { numRuns: 40 }, // fast-check prints the seed of a run that fails
  );
});
