/** What a site expects of its visitors: all of it assumptions but what its own dashboards say. */
export interface VisitorDemand {
  readonly visitorsPerMonth: number;
  readonly visitsPerVisitor: number;
  readonly mapViewsPerVisit: number;
  readonly homesPerView: number;
  /** The busiest second over the mean of a month. */
  readonly peakFactor: number;
}

/** At the peak, a second. */
export interface VisitorLoad {
  readonly viewsPerS: number;
  readonly homesPerS: number;
}

const MONTH_S = 30 * 86_400;

/** @returns what visitors ask for in the busiest second; pure arithmetic */
export function planVisitors(demand: VisitorDemand): VisitorLoad {
  const { visitorsPerMonth, visitsPerVisitor, mapViewsPerVisit, homesPerView, peakFactor } = demand;
  const viewsPerS = ((visitorsPerMonth * visitsPerVisitor * mapViewsPerVisit) / MONTH_S) * peakFactor;
  return { viewsPerS, homesPerS: viewsPerS * homesPerView };
}
