export { markdownTable } from './markdown-table.ts';
export {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type ReadRecord,
  type RealStream,
} from './real-stream.ts';
