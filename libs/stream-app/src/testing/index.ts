export { markdownTable } from './markdown-table.ts';
export {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  type ReadRecord,
  type RealStream,
} from './real-stream.ts';
export { untilTrue } from '@porchlight/clock/testing';
