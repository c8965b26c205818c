import { expect, test } from '@jest/globals';
import { chooseHomes, EVENT_IDS_MAX, lastDrawnId } from './choose-homes.ts';

const viewport = { west: 0, south: 0, east: 1, north: 1 };
const cell = (x: number) => ({ tile: { zoom: 16, x, y: 1 }, probability: 0.5 });
const inside = { latitude: 0.5, longitude: 0.5 };
const outside = { latitude: 0.5, longitude: 1.5 };
const few = { viewport, propertyIds: ['a'], hitCount: 0, missedCount: 1 };
const idOf = (at: number) => `p${String(at).padStart(4, '0')}`;
const full = (answered: number) => ({
  viewport,
  propertyIds: Array.from({ length: EVENT_IDS_MAX }, (_, at) => idOf(EVENT_IDS_MAX - at)),
  hitCount: 0,
  missedCount: answered,
});

test('takes the homes outside the viewport, those first that the smallest move shows, on all sides alike', () => {
  const homes = new Map([
    [
      '16/1/1',
      [
        { propertyId: 'inside', ...inside },
        { propertyId: 'east', latitude: 0.5, longitude: 1.1 },
      ],
    ],
    [
      '16/2/1',
      [
        { propertyId: 'far-north', latitude: 1.9, longitude: 0.5 },
        { propertyId: 'north', latitude: 1.3, longitude: 0.5 },
      ],
    ],
    ['16/3/1', [{ propertyId: 'west', latitude: 0.5, longitude: -0.2 }]],
  ]);
  expect(chooseHomes(few, [cell(1), cell(2), cell(3)], homes, 3)).toEqual({
    cells: [
      { ...cell(1), propertyIds: ['east'] },
      { ...cell(2), propertyIds: ['north'] },
      { ...cell(3), propertyIds: ['west'] },
    ],
    cut: 1,
  });
  expect(chooseHomes(few, [cell(1), cell(2), cell(3)], homes, 2).cells.map(({ propertyIds }) => propertyIds)).toEqual([
    ['east'],
    ['west'],
  ]);
});

test('a view that was cut says where the next one is cut: homes with a later id would not be drawn', () => {
  const homes = new Map([
    [
      '16/1/1',
      [
        { propertyId: idOf(1), ...outside },
        { propertyId: idOf(500), ...outside },
        { propertyId: idOf(501), ...outside },
      ],
    ],
  ]);
  const { cells, cut } = chooseHomes(full(EVENT_IDS_MAX), [cell(1)], homes, 10);
  expect(cells.map(({ propertyIds }) => propertyIds)).toEqual([[idOf(1), idOf(500)]]);
  expect(cut).toBe(0);
});

test('draws the line at the largest id of a full event, and nowhere if the map drew more homes than the event names', () => {
  expect(lastDrawnId(full(EVENT_IDS_MAX))).toBe(idOf(500));
  expect(lastDrawnId(full(EVENT_IDS_MAX + 1))).toBeNull();
  expect(lastDrawnId(few)).toBeNull();
});
