export { AskedToStop, askedToStop, type StopSource } from './asked-to-stop.ts';
export { localAuth, type LocalAuth, type TokenOptions } from './local-auth.ts';
export { appStateFolder, dataFolder, downloadsFolder, repositoryFolder } from './folders.ts';
export { fetchServerParts, type ServerParts } from './download/server-parts.ts';
export { unpackOnce } from './download/unpack-once.ts';
export { holdInstance, type InstanceChoice } from './hold-instance.ts';
export {
  startKafkaCluster,
  type ClusterNode,
  type KafkaCluster,
  type KafkaClusterOptions,
} from './local/kafka-cluster.ts';
export { startEnvoy, type Envoy, type EnvoyOptions } from './local/envoy.ts';
export type { MovingSlot } from './local/moving-slot.ts';
export { startRedisCluster, type RedisCluster, type RedisClusterOptions } from './local/redis-cluster.ts';
export type { RedisNode } from './local/redis-node.ts';
export { startRedisServer } from './local/redis-server.ts';
export { startRedisShards, type RedisShards, type RedisShardsOptions } from './local/redis-shards.ts';
export { startRedisTopologies, type RedisTopologies, type RedisTopologyName } from './local/redis-topologies.ts';
export type { ServerNode } from './local/server-node.ts';
export { fingerprintOf } from './local/start-server.ts';
export { numberOfName } from './number-of-name.ts';
export { freePorts, type Ports } from './ports.ts';
export { askRedis } from './probe/redis.adapter.ts';
export {
  logTail,
  runningServer,
  spawnServer,
  stopServer,
  type Exit,
  type ServerSpec,
  type SpawnedServer,
} from './server-process.ts';
export { processCommand } from './process-command.ts';
export { addressVariables, type Choice, type Progress, type ReportProgress, type ServiceName } from './services.ts';
export { reasonOf, StackError, type StackErrorCode } from './stack-error.ts';
export { stackStatus, startStack, stopStack, type ServiceStatus, type Stack, type StackOptions } from './stack.ts';
export { waitUntil } from './wait-until.ts';
