/** A viewport that covers more tiles than the caller is ready to work through. Parked: it will not get smaller. */
export class TooManyTiles extends Error {
  readonly code = 'TOO_MANY_TILES';
  readonly fate = 'park';
  override readonly name = 'TooManyTiles';

  constructor({ tiles, tilesMax, zoom }: { tiles: number; tilesMax: number; zoom: number }) {
    super(`${tiles} tiles at zoom ${zoom}, at most ${tilesMax} are worked through`);
  }
}
