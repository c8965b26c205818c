const KEY_SHOWN_MAX = 64;

/** A text that is not the key of a tile. Parked: the same record would fail for ever. */
export class BadTileKey extends Error {
  readonly code = 'BAD_TILE_KEY';
  readonly fate = 'park';
  override readonly name = 'BadTileKey';

  constructor(key: string) {
    super(`not a tile key (zoom/x/y): ${JSON.stringify(key.slice(0, KEY_SHOWN_MAX))}`);
  }
}
