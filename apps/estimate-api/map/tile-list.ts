import type { PlacedProperty } from '@porchlight/property-catalog';

/** Homes in order of id, in columns: about 35 bytes a home instead of 120 as objects, and nothing for the collector to walk. */
export interface TileList {
  readonly size: number;
  idAt(at: number): string;
  latitudeAt(at: number): number;
  longitudeAt(at: number): number;
}

const byId = (one: PlacedProperty, other: PlacedProperty): number => (one.propertyId < other.propertyId ? -1 : 1);

/** @param homes in any order; ids are `[A-Za-z0-9_-]` */
export function tileListOf(homes: readonly PlacedProperty[]): TileList {
  const sorted = isInOrder(homes) ? homes : [...homes].sort(byId);
  const text = sorted.map(({ propertyId }) => propertyId).join('');
  const { places, ends, ids } = columnsOf(sorted.length, text.length);
  ids.write(text, 'latin1');
  let end = 0;
  for (const [at, { propertyId, latitude, longitude }] of sorted.entries()) {
    end += propertyId.length;
    ends[at] = end;
    places[2 * at] = latitude;
    places[2 * at + 1] = longitude;
  }
  return {
    size: sorted.length,
    idAt: (at) => ids.toString('latin1', at === 0 ? 0 : ends[at - 1], ends[at]),
    latitudeAt: (at) => places[2 * at] ?? Number.NaN,
    longitudeAt: (at) => places[2 * at + 1] ?? Number.NaN,
  };
}

/** In one piece of memory of their own: a slice of a shared one would keep all of that alive. */
function columnsOf(size: number, idBytes: number) {
  const places = size * 2 * Float64Array.BYTES_PER_ELEMENT;
  const ends = size * Uint32Array.BYTES_PER_ELEMENT;
  const memory = new ArrayBuffer(places + ends + idBytes);
  return {
    places: new Float64Array(memory, 0, size * 2),
    ends: new Uint32Array(memory, places, size),
    ids: Buffer.from(memory, places + ends, idBytes),
  };
}

function isInOrder(homes: readonly PlacedProperty[]): boolean {
  return homes.every(({ propertyId }, at) => at === 0 || (homes[at - 1]?.propertyId ?? '') < propertyId);
}
