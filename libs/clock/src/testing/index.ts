export { ManualClock, turn } from './manual-clock.ts';
export { eventually, untilTrue } from './eventually.ts';
