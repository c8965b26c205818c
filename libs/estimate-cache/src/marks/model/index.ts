export { searchMarks, type Searched } from './search-marks.ts';
export type { MarkLimits, MarkVariant, MarkWorld } from './state.ts';
export { brokenMarkWorlds, largeMarkWorlds, markWorlds } from './worlds.ts';
