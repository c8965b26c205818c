export { searchMarks } from './search-marks.ts';
export type { Searched } from './search.ts';
export type { MarkLimits, MarkVariant, MarkWorld } from './state.ts';
export { brokenMarkWorlds, largeMarkWorlds, markWorlds } from './worlds.ts';
