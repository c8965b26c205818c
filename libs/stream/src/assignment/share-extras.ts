/** What is left of a set when each of its members has the same number of units: fewer than it has members. */
export interface Extras {
  readonly eligible: readonly string[];
  /** Each goes to another member. */
  readonly count: number;
  /** Members that hold more than the even share, and so keep one unit more if they get an extra. */
  readonly keepers: ReadonlySet<string>;
}

/**
 * Says who gets one unit more than the others, set by set.
 *
 * First the totals over all sets are as even as they can be, then as many extras as possible go to those who keep a unit by it. Both are exact: it
 * is a flow of least cost, improved along cycles until no cycle improves it.
 *
 * @param evenShares  what each member has of all sets without extras
 * @returns           for each set, in the order given, the members with one more
 */
export function shareExtras(
  sets: readonly Extras[],
  evenShares: ReadonlyMap<string, number>,
): readonly ReadonlySet<string>[] {
  const flow = new ExtraFlow(sets, evenShares);
  while (flow.improve()) continue;
  return flow.given;
}

/** The hub closes every cycle that moves an extra from one member to another. */
const HUB = 0;

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  /** Of an arc between a set and a member. */
  readonly set?: number;
  readonly memberId?: string;
}

class ExtraFlow {
  readonly given: Set<string>[];
  readonly #sets: readonly Extras[];
  readonly #memberIds: readonly string[];
  readonly #totals: Map<string, number>;
  /** More than all that keeping can be worth: evenness goes first. */
  readonly #unevenCost: number;

  constructor(sets: readonly Extras[], evenShares: ReadonlyMap<string, number>) {
    this.#sets = sets;
    this.#memberIds = [...evenShares.keys()];
    this.#totals = new Map(evenShares);
    this.#unevenCost = sets.length * this.#memberIds.length + 1;
    this.given = sets.map((set) => this.#firstGuess(set));
  }

  /** Near the best: keepers before others, then whoever has least. */
  #firstGuess({ eligible, count, keepers }: Extras): Set<string> {
    const rank = (id: string): number => (keepers.has(id) ? 0 : this.#unevenCost) + this.#totalOf(id);
    const given = eligible.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
    for (const id of given) this.#totals.set(id, this.#totalOf(id) + 1);
    return new Set(given);
  }

  #totalOf(id: string): number {
    return this.#totals.get(id) ?? 0;
  }

  /** Moves extras along one cycle that lowers the cost. False when there is none: then nothing can be better. */
  improve(): boolean {
    const cycle = findNegativeCycle(1 + this.#sets.length + this.#memberIds.length, this.#arcs());
    for (const { from, to, set, memberId } of cycle) {
      if (set === undefined || memberId === undefined) continue;
      const isGiven = from < to; // sets are numbered before members
      if (isGiven) this.given[set]?.add(memberId);
      else this.given[set]?.delete(memberId);
      this.#totals.set(memberId, this.#totalOf(memberId) + (isGiven ? 1 : -1));
    }
    return cycle.length > 0;
  }

  /** Extras run from sets to members and on to the hub, where the square of a member's total is paid. */
  #arcs(): Arc[] {
    return this.#memberIds.flatMap((memberId, index) => {
      const node = 1 + this.#sets.length + index;
      const total = this.#totalOf(memberId);
      const oneMore = { from: node, to: HUB, cost: this.#unevenCost * (2 * total + 1) };
      const oneLess = { from: HUB, to: node, cost: this.#unevenCost * (1 - 2 * total) };
      return [oneMore, oneLess, ...this.#arcsOf(memberId, node)];
    });
  }

  #arcsOf(memberId: string, node: number): Arc[] {
    return this.#sets.flatMap(({ eligible, keepers }, set) => {
      if (!eligible.includes(memberId)) return [];
      const kept = keepers.has(memberId) ? 1 : 0;
      return this.given[set]?.has(memberId) === true
        ? [{ from: node, to: 1 + set, cost: kept, set, memberId }]
        : [{ from: 1 + set, to: node, cost: -kept, set, memberId }];
    });
  }
}

/** Bellman and Ford from everywhere at once. @returns the arcs of a cycle whose cost is below zero; none if there is no such cycle */
function findNegativeCycle(nodes: number, arcs: readonly Arc[]): Arc[] {
  const cost = new Array<number>(nodes).fill(0);
  const via = new Array<Arc | undefined>(nodes).fill(undefined);
  let changed: number | undefined;
  for (let round = 0; round < nodes; round += 1) {
    changed = undefined;
    for (const arc of arcs) {
      const through = (cost[arc.from] ?? 0) + arc.cost;
      if (through >= (cost[arc.to] ?? 0)) continue;
      cost[arc.to] = through;
      via[arc.to] = arc;
      changed = arc.to;
    }
    if (changed === undefined) return [];
  }
  return changed === undefined ? [] : cycleThrough(changed, nodes, via);
}

/** A node that still changes in the last round hangs on a cycle; so many steps back one stands in it. */
function cycleThrough(node: number, nodes: number, via: readonly (Arc | undefined)[]): Arc[] {
  let start = node;
  for (let step = 0; step < nodes; step += 1) start = via[start]?.from ?? start;
  const cycle: Arc[] = [];
  let at = start;
  do {
    const arc = via[at];
    if (arc === undefined) return [];
    cycle.push(arc);
    at = arc.from;
  } while (at !== start);
  return cycle;
}
