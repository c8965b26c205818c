export { ManualClock, turn } from '@porchlight/clock/testing';
