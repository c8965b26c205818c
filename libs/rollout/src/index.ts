export { memoryFlagStore, type MemoryFlagStore } from './adapters/memory/memory-flag-store.ts';
export { FLAGS_KEY, redisFlagStore, type RedisFlagStoreOptions } from './adapters/redis/redis-flag-store.ts';
export {
  changedFlags,
  flagNamed,
  movesOf,
  readFlags,
  ruleOf,
  writeFlags,
  type FlagChange,
  type Move,
  type ReadFlags,
} from './change-flags.ts';
export type { Clock } from '@porchlight/clock';
export {
  FlagChangeRefused,
  FlagsAddressInvalid,
  FlagsChangedMeanwhile,
  FlagsRefused,
  FlagsUnavailable,
} from './errors.ts';
export { EMPTY_DOCUMENT, parseFlags, printFlags, type FlagRule, type FlagsDocument } from './flags-document.ts';
export { flagsInForce, usualFlags, type FlagsInForce } from './flags-in-force.ts';
export type { FlagStore } from './flag-store.ts';
export {
  flagList,
  flagNames,
  isFlagName,
  isSwitch,
  specOf,
  type CohortOf,
  type FlagName,
  type FlagSpec,
  type FlagUnit,
} from './flags.ts';
export { connectRollout, type ConnectedRollout, type ConnectRolloutOptions } from './adapters/connect-rollout.ts';
export type { FlagsOrigin, FlagsReading, RolloutEvent } from './followed-flags.ts';
export { rolloutConfig } from './rollout-config.ts';
export { createRollout, FLAGS_POLL_MS, type Rollout, type RolloutOptions, type RolloutState } from './rollout.ts';
