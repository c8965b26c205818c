export { judgeHome, type Bounds, type HomeVerdict } from './judge/judge-home.ts';
export { judgeRecords } from './judge/judge-records.ts';
export {
  type ChangeRecord,
  type EvictionRecord,
  type FinalRecord,
  type ReadRecord,
  type Recorded,
  type SeenHome,
} from './judge/record.ts';
export { createRecordWriter, type RecordWriter } from './judge/record-files.ts';
export type { CachedHome, Peer, PeerCache, PeerOptions } from './peers/peer-cache.ts';
export { peers, peerNamed } from './peers/peer-list.ts';
