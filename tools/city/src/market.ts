import type { Level } from '@porchlight/contracts';
import type { City } from './city.ts';
import type { Draws } from './draws.ts';
import { overrideLevelDrawn } from './home-facts.ts';
import { lifeKinds, type LifeKind, type LifeRates } from './life-rates.ts';
import type { CityRule } from './mls-areas.ts';

type Known = Exclude<Level, 'unknown'>;

/** One thing that happens. */
export type LifeEvent =
  | { readonly kind: 'newListings' | 'sales' | 'priceChanges' | 'revaluations'; readonly propertyId: string }
  | { readonly kind: 'overrides'; readonly propertyId: string; readonly level: Known | null }
  | { readonly kind: 'mlsMoves'; readonly propertyId: string; readonly mlsId: string | null }
  | { readonly kind: 'ruleChanges'; readonly rule: CityRule };

/** An event and when it happens, in milliseconds after the market opened. */
export interface TimedLifeEvent {
  readonly atMs: number;
  readonly event: LifeEvent;
}

const MS_PER_MINUTE = 60_000;

/** How often a home that moves leaves its MLS for none. */
const MOVES_TO_NONE = 0.2;

/** What an MLS turns to, for a while: the strictest that a viewer meets. */
const STRICT_LEVELS = { activeLevel: 'agent', offMarketLevel: 'verified' } as const;

/** The state of the market: who is for sale, what is restricted, which rules are not as they were. */
class Market {
  readonly #city: City;
  readonly #draws: Draws;
  readonly #active: number[] = [];
  readonly #isActive: Uint8Array;
  readonly #restricted = new Set<number>();
  readonly #strict = new Set<string>();

  constructor(city: City, draws: Draws) {
    this.#city = city;
    this.#draws = draws;
    this.#isActive = new Uint8Array(city.homes);
    for (let index = 0; index < city.homes; index += 1) {
      const { status, overrideLevel } = city.homeAt(index);
      if (status === 'active') this.#list(index);
      if (overrideLevel !== null) this.#restricted.add(index);
    }
  }

  /** @returns null when nothing of the kind can happen now */
  next(kind: LifeKind): LifeEvent | null {
    switch (kind) {
      case 'newListings':
        return this.#newListing();
      case 'sales':
        return this.#sale();
      case 'priceChanges': {
        const index = this.#active[this.#draws.below(this.#active.length)];
        return index === undefined ? null : { kind, propertyId: this.#city.idAt(index) };
      }
      case 'overrides':
        return this.#override();
      case 'mlsMoves':
        return { kind, propertyId: this.#anyId(), mlsId: this.#otherMls() };
      case 'ruleChanges':
        return this.#ruleChange();
      case 'revaluations':
        return { kind, propertyId: this.#anyId() };
    }
  }

  #list(index: number): void {
    this.#isActive[index] = 1;
    this.#active.push(index);
  }

  #anyId(): string {
    return this.#city.idAt(this.#draws.below(this.#city.homes));
  }

  #newListing(): LifeEvent | null {
    if (this.#active.length === this.#city.homes) return null;
    let index = this.#draws.below(this.#city.homes);
    while (this.#isActive[index] === 1) index = (index + 1) % this.#city.homes;
    this.#list(index);
    return { kind: 'newListings', propertyId: this.#city.idAt(index) };
  }

  #sale(): LifeEvent | null {
    const place = this.#draws.below(this.#active.length);
    const index = this.#active[place];
    const last = this.#active.pop();
    if (index === undefined || last === undefined) return null;
    if (last !== index) this.#active[place] = last;
    this.#isActive[index] = 0;
    return { kind: 'sales', propertyId: this.#city.idAt(index) };
  }

  /** Half of the time a restriction is lifted, so that their number stays about the same. */
  #override(): LifeEvent {
    const [first] = this.#restricted;
    if (first !== undefined && this.#draws.chance(0.5)) {
      this.#restricted.delete(first);
      return { kind: 'overrides', propertyId: this.#city.idAt(first), level: null };
    }
    const index = this.#draws.below(this.#city.homes);
    this.#restricted.add(index);
    const level = overrideLevelDrawn(this.#draws) as Known;
    return { kind: 'overrides', propertyId: this.#city.idAt(index), level };
  }

  #otherMls(): string | null {
    if (this.#draws.chance(MOVES_TO_NONE)) return null;
    return this.#city.rules[this.#draws.below(this.#city.rules.length)]?.mlsId ?? null;
  }

  /** A rule turns strict, and back the next time that its MLS is drawn. */
  #ruleChange(): LifeEvent | null {
    const rule = this.#city.rules[this.#draws.below(this.#city.rules.length)];
    if (rule === undefined) return null;
    const goesBack = this.#strict.delete(rule.mlsId);
    if (!goesBack) this.#strict.add(rule.mlsId);
    return { kind: 'ruleChanges', rule: goesBack ? rule : { mlsId: rule.mlsId, ...STRICT_LEVELS } };
  }
}

/**
 * What happens in a city, without end: every kind at its own rate, at random moments (a Poisson process). Pure and seeded.
 *
 * @throws {RangeError} when nothing happens at all
 */
export function* playMarket(city: City, rates: LifeRates, draws: Draws): Generator<TimedLifeEvent> {
  const perMinute = lifeKinds.reduce((sum, kind) => sum + rates[kind], 0);
  if (!(perMinute > 0)) throw new RangeError('every rate is zero: nothing would ever happen');
  const market = new Market(city, draws);
  const drawKind = (): LifeKind => {
    let left = draws.unit() * perMinute;
    return lifeKinds.find((kind) => (left -= rates[kind]) < 0) ?? 'revaluations';
  };
  for (let atMs = 0; ;) {
    atMs += (-Math.log(1 - draws.unit()) * MS_PER_MINUTE) / perMinute;
    const event = market.next(drawKind());
    if (event !== null) yield { atMs, event };
  }
}
