import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeRecord } from '@porchlight/peer-caches';
import type { CatalogWriter } from '@porchlight/property-catalog';
import type { BookedEstimate } from '@porchlight/upstream-simulator';
import type { Contender } from './contender.ts';
import type { PlannedChange } from './plan-window.ts';
import type { HomeHistory } from './seen-home.ts';

export interface ChangeHomesOptions {
  readonly writer: Pick<CatalogWriter, 'setOverride'>;
  /** Lets the seller have another estimate; resolves when it is served. */
  readonly revalue: (propertyId: string) => Promise<BookedEstimate>;
  readonly contender: Pick<Contender, 'factsChanged' | 'estimateChanged'>;
  readonly idOf: (home: number) => string;
  /** The version of each home's facts before the window; all are shown to everybody. */
  readonly firstFacts: (home: number) => number;
}

interface Changing {
  facts: number;
  isHidden: boolean;
  readonly commits: ChangeRecord[];
  readonly acknowledged: ChangeRecord[];
  readonly versions: Map<number, number>;
  /** The last commit of this home, and the last word of its facts and of its estimate: each waits for the one before, as in a partition. */
  readonly last: Record<'commit' | PlannedChange['kind'], Promise<void>>;
}

/** Changes homes where they are true (the property database, the seller), and brings the word of it to a contender a little later. */
export class HomeChanger {
  readonly #options: ChangeHomesOptions;
  readonly #homes = new Map<number, Changing>();

  constructor(options: ChangeHomesOptions) {
    this.#options = options;
  }

  /** Resolves when the change is committed and acknowledged. */
  async change({ home, kind, lagMs }: PlannedChange): Promise<void> {
    const changing = this.#of(home);
    const made = changing.last.commit.then(() => (kind === 'value' ? this.#revalue(home) : this.#turn(home)));
    changing.last.commit = made.then(
      () => undefined,
      () => undefined,
    );
    const told = Promise.all([made, changing.last[kind].catch(() => undefined)]).then(async ([tell]) => {
      await delay(lagMs);
      changing.acknowledged.push(await tell());
    });
    changing.last[kind] = told;
    await told;
  }

  histories(): HomeHistory[] {
    return [...this.#homes].map(([home, { commits, acknowledged, versions }]) => ({
      home,
      firstFacts: this.#options.firstFacts(home),
      commits,
      acknowledged,
      versions,
    }));
  }

  #of(home: number): Changing {
    const known = this.#homes.get(home);
    if (known !== undefined) return known;
    const done = Promise.resolve();
    const changing: Changing = {
      facts: this.#options.firstFacts(home),
      isHidden: false,
      commits: [],
      acknowledged: [],
      versions: new Map(),
      last: { commit: done, value: done, visibility: done },
    };
    this.#homes.set(home, changing);
    return changing;
  }

  /** The owner hides the home, or shows it again. @returns what brings the word of it */
  async #turn(home: number): Promise<() => Promise<ChangeRecord>> {
    const { writer, contender, idOf } = this.#options;
    const changing = this.#of(home);
    const propertyId = idOf(home);
    const began = performance.now();
    await writer.setOverride(propertyId, changing.isHidden ? null : 'nobody');
    changing.isHidden = !changing.isHidden;
    changing.facts += 1;
    const version = changing.facts;
    changing.commits.push({ kind: 'C', home, began, ended: performance.now(), version, removed: false });
    return async () => {
      const applied = performance.now();
      await contender.factsChanged(propertyId, version);
      return { kind: 'I', home, began: applied, ended: performance.now(), version, removed: true };
    };
  }

  async #revalue(home: number): Promise<() => Promise<ChangeRecord>> {
    const { revalue, contender, idOf } = this.#options;
    const estimate = await revalue(idOf(home));
    const version = estimate.estimateVersion;
    this.#of(home).versions.set(estimate.computedAt, version);
    return async () => {
      const applied = performance.now();
      await contender.estimateChanged(estimate);
      return { kind: 'U', home, began: applied, ended: performance.now(), version, removed: true };
    };
  }
}
