export { coalesce } from './coalesce.ts';
export type { CacheServers } from '../hand-connection.ts';
export type { HistoryWorld } from './history-world.ts';
export { controlPromises, promises, type Promised, type Violation } from './judge.ts';
export { plantedFaults, type PlantedFault } from './planted-faults.ts';
export { redisHistoryWorlds, type HistoryDesign, type HistoryWorlds } from './redis-history-worlds.ts';
export {
  replayHistory,
  searchHistories,
  type FailedHistory,
  type Replay,
  type Searched,
  type SearchOptions,
} from './search-histories.ts';
export { estimateOf, factsOf } from '../story.ts';
