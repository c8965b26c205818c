import type { ViewportViewed } from '@porchlight/contracts';
import type { Tile } from '@porchlight/geo';

/** A tile that may be on the screen soon. */
export interface ForecastCell {
  readonly tile: Tile;
  /** How likely one of its homes is needed within the deadline, 0..1. */
  readonly probability: number;
}

/** Says where the map may go next. Pure: the event alone decides. */
export interface ForecastStrategy {
  readonly name: string;
  /**
   * The cells to warm, best first, the viewport's own tiles left out.
   *
   * @param event its viewport is possible and its zoom draws homes
   * @throws {TooManyTiles} of geo for a viewport that is far too large for its zoom
   */
  cellsAfter(event: Pick<ViewportViewed, 'viewport' | 'zoom'>): ForecastCell[];
}
