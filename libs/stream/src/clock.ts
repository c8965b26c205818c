export { delay, settledWithin, systemClock, type Clock, type Timer } from '@porchlight/clock';
