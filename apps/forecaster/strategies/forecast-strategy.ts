import type { ViewportViewed } from '@porchlight/contracts';
import type { Tile } from '@porchlight/geo';

/** A tile that may be on the screen soon. */
export interface ForecastCell {
  readonly tile: Tile;
  /** How likely one of its homes is needed within the deadline, 0..1. */
  readonly probability: number;
}

/** What the map may show next, measured in the viewport that is on the screen: west and south from its south-west corner. */
export interface ForecastView {
  /** In widths of the viewport, positive eastwards. */
  readonly west: number;
  /** In heights of the viewport, positive northwards. */
  readonly south: number;
  /** Both sides, in those of the viewport: 0.5 after a zoom in, 2 after a zoom out. */
  readonly size: number;
  /** How likely the next view is this one, 0..1; over all views at most 1. */
  readonly probability: number;
}

/** A settled view. */
export type SettledView = Pick<ViewportViewed, 'viewport' | 'zoom'>;

/** Says where the map may go next. Pure: the event, and the view before it, decide. */
export interface ForecastStrategy {
  readonly name: string;
  /**
   * The cells to warm, best first, the viewport's own tiles left out.
   *
   * @param event its viewport is possible and its zoom draws homes
   * @throws {TooManyTiles} of geo for a viewport that is far too large for its zoom
   */
  cellsAfter(event: SettledView): ForecastCell[];
  /**
   * The views that may come next, all of them inside the cells and the viewport's own tiles. A strategy that knows them has
   * its homes chosen by how likely they are drawn; without it the nearest are.
   *
   * @param previous the session's view before this one, or null if it is not known
   */
  viewsAfter?(event: SettledView, previous: SettledView | null): ForecastView[];
}
