import { isWithin, type Viewport } from '@porchlight/geo';
import type { PlacedProperty } from '@porchlight/property-catalog';
import type { TileList } from './tile-list.ts';

/** Where the merge stands in one list: at a home that is in view. */
interface Cursor {
  readonly list: TileList;
  at: number;
  id: string;
}

/**
 * Pure: the first homes in view, in order of id, by merging lists that are in order themselves. The work grows with how many
 * are wanted, not with how many are in view: a dense city behind a wide screen holds nobody else up.
 *
 * @param countMax how many at most, 0..
 */
export function firstInView(lists: readonly TileList[], viewport: Viewport, countMax: number): PlacedProperty[] {
  const heap: Cursor[] = [];
  for (const list of lists) {
    const cursor = { list, at: -1, id: '' };
    if (advance(cursor, viewport)) heap.push(cursor);
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);
  const homes: PlacedProperty[] = [];
  for (let first = heap[0]; first !== undefined && homes.length < countMax; first = heap[0]) {
    homes.push(homeAt(first));
    if (!advance(first, viewport)) {
      const last = heap.pop();
      if (last !== undefined && last !== first) heap[0] = last;
    }
    sink(heap, 0);
  }
  return homes;
}

const homeAt = ({ list, at, id }: Cursor): PlacedProperty => ({
  propertyId: id,
  latitude: list.latitudeAt(at),
  longitude: list.longitudeAt(at),
});

/** Moves on to the next home in view. @returns whether there is one */
function advance(cursor: Cursor, viewport: Viewport): boolean {
  const { list } = cursor;
  for (let at = cursor.at + 1; at < list.size; at += 1) {
    if (!isWithin({ latitude: list.latitudeAt(at), longitude: list.longitudeAt(at) }, viewport)) continue;
    cursor.at = at;
    cursor.id = list.idAt(at);
    return true;
  }
  return false;
}

/** Puts the cursor at `at` below those with lower ids; `heap[0]` has the lowest. */
function sink(heap: Cursor[], at: number): void {
  const moved = heap[at];
  if (moved === undefined) return;
  let place = at;
  for (let child = 2 * place + 1; child < heap.length; child = 2 * place + 1) {
    const [left, right] = [heap[child], heap[child + 1]];
    const lower = right !== undefined && left !== undefined && right.id < left.id ? child + 1 : child;
    const below = heap[lower];
    if (below === undefined || moved.id <= below.id) break;
    heap[place] = below;
    place = lower;
  }
  heap[place] = moved;
}
