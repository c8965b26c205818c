/** Where a batch is asked for. */
export const BATCH = '/v1/estimates:batchGet';

/** The query of a map or a density call whose view holds the home `p1` of the benches. */
export const VIEW = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';
