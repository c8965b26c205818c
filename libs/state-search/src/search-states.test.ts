import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Layer, Searchable, Step } from './searchable.ts';
import { searchStates } from './search-states.ts';
import { WorldTooLarge } from './searched.ts';

interface Pour extends Step<Jugs> {
  readonly does: string;
}

/** Litres in a jug of three and in a jug of five: 16 pairs can be reached, and 4 litres with six pours. */
type Jugs = readonly [number, number];

function poursOf([three, five]: Jugs): Pour[] {
  const intoFive = Math.min(three, 5 - five);
  const intoThree = Math.min(five, 3 - three);
  return [
    { does: 'fill 3', to: [3, five] },
    { does: 'fill 5', to: [three, 5] },
    { does: 'empty 3', to: [0, five] },
    { does: 'empty 5', to: [three, 0] },
    { does: '3 into 5', to: [three - intoFive, five + intoFive] },
    { does: '5 into 3', to: [three + intoThree, five - intoThree] },
  ];
}

const jugs = (asked: Partial<Searchable<Jugs, Pour, string>> = {}): Searchable<Jugs, Pour, string> => ({
  name: 'jugs',
  first: [0, 0],
  movesOf: poursOf,
  encode: ([three, five]) => `${three},${five}`,
  judgeState: () => null,
  statesMax: 16,
  ...asked,
});

/** Counts up for ever. */
const counter = (asked: Partial<Searchable<number, Step<number>, string>> = {}) => ({
  name: 'counter',
  first: 0,
  movesOf: (count: number): Step<number>[] => [{ to: count + 1 }],
  encode: String,
  judgeState: (): string | null => null,
  statesMax: 100,
  ...asked,
});

describe('to the end', () => {
  test('sees every state once, and says how far the farthest is', () => {
    const judged: string[] = [];
    const world = jugs({ judgeState: (pair) => (judged.push(pair.join()), null) });
    expect(searchStates(world)).toEqual({ states: 16, depth: 7, found: null });
    expect(new Set(judged).size).toBe(16);
    expect(judged).toHaveLength(16);
  });

  test('a world in which nothing can happen is one state', () => {
    expect(searchStates(counter({ movesOf: () => [] }))).toEqual({ states: 1, depth: 0, found: null });
  });

  test('states with one text are one state, and the first of them is followed', () => {
    const world = counter({ encode: (count) => String(count % 10) });
    expect(searchStates(world)).toEqual({ states: 10, depth: 9, found: null });
  });

  test('tells after each layer how many states are known and how many wait', () => {
    const layers: Layer[] = [];
    const onLayer = (layer: Layer) => void layers.push(layer);
    searchStates(
      counter({ movesOf: (count) => (count < 7 ? [{ to: count * 2 + 1 }, { to: count * 2 + 2 }] : []), onLayer }),
    );
    expect(layers).toEqual([
      { states: 3, depth: 1, waiting: 2 },
      { states: 7, depth: 2, waiting: 4 },
      { states: 15, depth: 3, waiting: 8 },
      { states: 15, depth: 3, waiting: 0 },
    ]);
  });
});

describe('a breach', () => {
  test('is told by a shortest way, which its last move commits', () => {
    const world = jugs({ judgeState: ([, five]) => (five === 4 ? 'four litres' : null) });
    const { found, depth } = searchStates(world);
    expect(found?.breach).toBe('four litres');
    expect(found?.trail.map(({ does }) => does)).toEqual([
      'fill 5',
      '5 into 3',
      'empty 3',
      '5 into 3',
      'fill 5',
      '5 into 3',
    ]);
    expect(found?.trail.at(-1)?.to).toEqual([3, 4]);
    expect(depth).toBe(6);
  });

  test('of the first state has no moves', () => {
    const world = counter({ judgeState: (count) => (count === 0 ? 'zero' : null) });
    expect(searchStates(world)).toEqual({ states: 0, depth: 0, found: { breach: 'zero', trail: [] } });
  });

  test('by a move that leads to a known state is found', () => {
    const judgeMove = ({ does, to }: Pour) => (does === 'empty 5' && to[0] === 3 ? 'emptied beside a full one' : null);
    const { found } = searchStates(jugs({ judgeMove }));
    expect(found?.trail.map(({ does }) => does)).toEqual(['fill 3', 'empty 5']);
  });

  test('is found although more states than allowed lie behind it', () => {
    const world = counter({ judgeState: (count) => (count === 100 ? 'a hundred' : null) });
    expect(searchStates(world)).toMatchObject({ states: 100, found: { breach: 'a hundred' } });
  });

  test('at the end of a long way is told from the first state on', () => {
    const steps = 5_000;
    const world = counter({ statesMax: steps + 1, judgeState: (count) => (count === steps ? 'far' : null) });
    const trail = searchStates(world).found?.trail.map(({ to }) => to);
    expect(trail).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  });

  test('that cannot be repeated is an error, since its moves depend on more than the state', () => {
    let asked = 0;
    const movesOf = (count: number): Step<number>[] => (asked++ === 0 ? [{ to: count + 1 }] : []);
    const world = counter({ movesOf, judgeState: (count) => (count === 1 ? 'one' : null) });
    expect(() => searchStates(world)).toThrow('counter cannot be told');
  });
});

describe('a world that is too large', () => {
  test('is refused, and never called searched', () => {
    expect(() => searchStates(counter())).toThrow(WorldTooLarge);
    expect(() => searchStates(counter())).toThrow('counter has more than 100 states');
    expect(() => searchStates(jugs({ statesMax: 15 }))).toThrow(expect.objectContaining({ code: 'WORLD_TOO_LARGE' }));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 24])('has no limit of %d states', (statesMax) => {
    expect(() => searchStates(counter({ statesMax }))).toThrow(RangeError);
  });
});

/** A graph as lists of neighbours, searched by the slowest means: distances that are relaxed until nothing changes. */
function distancesOf(edges: readonly (readonly number[])[]): number[] {
  const distances = edges.map((_, node) => (node === 0 ? 0 : Infinity));
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [from, targets] of edges.entries()) {
      for (const to of targets) {
        const way = (distances[from] ?? Infinity) + 1;
        if (way >= (distances[to] ?? 0)) continue;
        distances[to] = way;
        isChanged = true;
      }
    }
  }
  return distances;
}

const anyGraph = fc
  .integer({ min: 1, max: 40 })
  .chain((nodes) =>
    fc.tuple(
      fc.array(fc.array(fc.nat(nodes - 1), { maxLength: 3 }), { minLength: nodes, maxLength: nodes }),
      fc.uniqueArray(fc.nat(nodes - 1), { maxLength: 3 }),
    ),
  );

test('agrees with distances found otherwise, on any graph', () => {
  fc.assert(
    fc.property(anyGraph, ([edges, broken]) => {
      const distances = distancesOf(edges);
      const reached = distances.filter(Number.isFinite);
      const nearest = Math.min(...broken.map((node) => distances[node] ?? Infinity));
      const { states, depth, found } = searchStates({
        name: 'graph',
        first: 0,
        movesOf: (node: number) => (edges[node] ?? []).map((to) => ({ from: node, to })),
        encode: String,
        judgeState: (node: number) => (broken.includes(node) ? node : null),
        statesMax: edges.length,
      });
      if (found === null) {
        expect({ states, depth, nearest }).toEqual({
          states: reached.length,
          depth: Math.max(...reached),
          nearest: Infinity,
        });
        return;
      }
      expect({ depth, steps: found.trail.length }).toEqual({ depth: nearest, steps: nearest });
      expect([0, ...found.trail.map(({ to }) => to)]).toEqual([...found.trail.map(({ from }) => from), found.breach]);
    }),
  );
});
