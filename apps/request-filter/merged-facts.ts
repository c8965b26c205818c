import { AsyncLocalStorage } from 'node:async_hooks';
import type { PropertyCatalog } from '@porchlight/property-catalog';

type FactsReader = Pick<PropertyCatalog, 'factsOf'>;
type FactsAnswer = Awaited<ReturnType<FactsReader['factsOf']>>;

export interface MergedFactsOptions {
  /** Statements at once: as many as there are connections, so that nobody waits for one. */
  readonly statementsMax: number;
  /** Homes in one statement, if more than one caller shares it. */
  readonly homesMax: number;
}

interface Caller {
  readonly propertyIds: readonly string[];
  readonly resolve: (facts: FactsAnswer) => void;
  readonly reject: (error: unknown) => void;
  /** Runs what is done for it in the caller's own trace: the statement may begin at the end of somebody else's. */
  readonly asCaller: <T>(work: () => T) => T;
}

/** The callers from the front whose homes fit into one statement; the first always does. */
function takeCallers(waiting: Caller[], homesMax: number): Caller[] {
  let homes = 0;
  const tooMany = waiting.findIndex(({ propertyIds }, at) => (homes += propertyIds.length) > homesMax && at > 0);
  return waiting.splice(0, tooMany === -1 ? waiting.length : tooMany);
}

/**
 * Reads the facts of records that are worked on side by side with few statements: what is asked while all statements are
 * under way goes together in the next. It adds no wait, and never lets a caller share a statement that has begun: facts must
 * be read after the caller's tickets were drawn.
 *
 * A statement stands in the trace of its first caller. An answer holds the facts of everybody in the statement; what goes wrong with it reaches all of them.
 */
export function createMergedFacts(catalog: FactsReader, { statementsMax, homesMax }: MergedFactsOptions): FactsReader {
  const waiting: Caller[] = [];
  let underWay = 0;
  const read = async (callers: readonly Caller[]): Promise<void> => {
    underWay += 1;
    try {
      const facts = await catalog.factsOf([...new Set(callers.flatMap(({ propertyIds }) => propertyIds))]);
      for (const { resolve } of callers) resolve(facts);
    } catch (error) {
      for (const { reject } of callers) reject(error);
    } finally {
      underWay -= 1;
      begin();
    }
  };
  const begin = (): void => {
    while (underWay < statementsMax && waiting.length > 0) {
      const callers = takeCallers(waiting, homesMax);
      void callers[0]?.asCaller(() => read(callers));
    }
  };
  return {
    factsOf: (propertyIds) =>
      new Promise((resolve, reject) => {
        waiting.push({ propertyIds, resolve, reject, asCaller: AsyncLocalStorage.snapshot() });
        begin();
      }),
  };
}
