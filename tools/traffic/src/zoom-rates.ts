/** How often an action zooms at a level, in and out; the rest are pans. */
export interface ZoomRate {
  in: number;
  out: number;
}

/**
 * The zoom rates that keep the shares of views by zoom as they are, and zoom in `zoomShare` of all actions.
 *
 * Between two levels as many viewers go in as out, or the shares would drift; so a bounded map has as many zooms in as
 * out. The crossings of a pair of levels are taken in proportion to the smaller of the two shares.
 *
 * @param shares    of views by zoom, any scale; zooms without a gap
 * @param zoomShare share of all actions that zoom
 * @throws {RangeError} if a level would have to zoom more often than it acts
 */
export function zoomRatesOf(shares: Readonly<Record<string, number>>, zoomShare: number): Map<number, ZoomRate> {
  const zooms = Object.keys(shares)
    .map(Number)
    .sort((a, b) => a - b);
  const sum = zooms.reduce((total, zoom) => total + (shares[zoom] ?? 0), 0);
  const shareAt = (zoom: number): number => (shares[zoom] ?? 0) / sum;
  const smaller = (zoom: number): number => Math.min(shareAt(zoom), shareAt(zoom + 1));
  const crossings = zooms.slice(0, -1).reduce((total, zoom) => total + smaller(zoom), 0);
  const flowAbove = (zoom: number): number => (crossings === 0 ? 0 : ((zoomShare / 2) * smaller(zoom)) / crossings);
  return new Map(
    zooms.map((zoom) => {
      const rate = { in: flowAbove(zoom) / shareAt(zoom), out: flowAbove(zoom - 1) / shareAt(zoom) };
      if (!(rate.in + rate.out <= 1))
        throw new RangeError(`zoom ${zoom} cannot zoom in ${rate.in} and out ${rate.out}`);
      return [zoom, rate];
    }),
  );
}
