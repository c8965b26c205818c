import { expect, test } from '@jest/globals';
import { boundsOf, tileKey } from '@porchlight/geo';
import { strategies } from './registry.ts';

const HERE = { zoom: 16, x: 10_500, y: 22_900 };
const cellsOf = (name: keyof typeof strategies) => {
  const southEast = boundsOf({ ...HERE, x: HERE.x + 3, y: HERE.y + 3 });
  const { west, north } = boundsOf(HERE);
  // four by four tiles
  const viewport = { west, north, east: southEast.east, south: southEast.south };
  return strategies[name].cellsAfter({ viewport, zoom: 16 });
};

test('each strategy goes by its name', () => {
  expect(Object.entries(strategies).filter(([name, strategy]) => strategy.name !== name)).toEqual([]);
});

test('the ring is the eight neighbours, the thin ring half as wide', () => {
  expect(cellsOf('ring').length).toBe(12 * 12 - 4 * 4);
  expect(cellsOf('thin-ring').length).toBe(8 * 8 - 4 * 4);
});

test('the nearest cells come first', () => {
  const keys = cellsOf('ring').map(({ tile }) => tileKey(tile));
  expect(keys.indexOf(tileKey({ ...HERE, x: HERE.x + 4, y: HERE.y + 1 }))).toBeLessThan(
    keys.indexOf(tileKey({ ...HERE, x: HERE.x + 7, y: HERE.y + 1 })),
  );
});

test('a home of the thin ring is likelier to be needed than one of the whole ring', () => {
  expect(cellsOf('thin-ring')[0]?.probability).toBeGreaterThan(cellsOf('ring')[0]?.probability ?? 1);
});
