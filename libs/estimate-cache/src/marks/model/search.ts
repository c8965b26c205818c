/** One step of somebody, the state that it leads to, and how it breaks a promise if it does. */
export interface Move<S> {
  readonly who: string;
  readonly does: string;
  readonly to: S;
  readonly breach: string | null;
}

/** Something to search: where it begins, what may happen, what must never be. */
export interface Searchable<S> {
  readonly first: S;
  moves(state: S): readonly Move<S>[];
  /** Why this state breaks a promise; null: it does not. */
  judge(state: S): string | null;
  /** States with the same text have the same future. */
  encode(state: S): string;
}

export interface Searched {
  readonly states: number;
  readonly depth: number;
  /** The shortest way to a breach, as a story; null: there is none, and every state was seen. */
  readonly story: string | null;
}

/** More states than this are a mistake in the world's definition; a search is never cut short. */
const STATES_MAX = 2_000_000;

interface Way<S> {
  readonly state: S;
  readonly by: Move<S> | null;
  readonly from: Way<S> | null;
}

function storyOf<S>(way: Way<S>, last: Move<S>, breach: string): string {
  const moves = [last];
  for (let at: Way<S> | null = way; at?.by != null; at = at.from) moves.unshift(at.by);
  const lines = moves.map(({ who, does }, i) => `${`${i + 1}`.padStart(3)}  ${who.padEnd(12)} ${does}`);
  return [...lines, `broken: ${breach}`].join('\n');
}

/**
 * Breadth first through everything that can happen: what is found first is found by a shortest way.
 *
 * @throws if there are more than STATES_MAX states
 */
export function searchAll<S>(world: Searchable<S>): Searched {
  const known = new Set<string>([world.encode(world.first)]);
  let layer: Way<S>[] = [{ state: world.first, by: null, from: null }];
  let depth = 0;
  while (layer.length > 0) {
    const next: Way<S>[] = [];
    for (const way of layer) {
      for (const made of world.moves(way.state)) {
        const breach = made.breach ?? world.judge(made.to);
        if (breach !== null) return { states: known.size, depth: depth + 1, story: storyOf(way, made, breach) };
        const key = world.encode(made.to);
        if (known.has(key)) continue;
        known.add(key);
        next.push({ state: made.to, by: made, from: way });
      }
    }
    if (known.size > STATES_MAX) throw new Error(`a world of marks has more than ${STATES_MAX} states`);
    if (next.length > 0) depth += 1;
    layer = next;
  }
  return { states: known.size, depth, story: null };
}
