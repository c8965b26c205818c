export { untilTrue as eventually } from '@porchlight/clock/testing';
