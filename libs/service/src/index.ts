export {
  ConfigInvalid,
  describeConfig,
  defineConfig,
  loadConfig,
  secret,
  type Config,
  type ConfigCheck,
  type ConfigSchema,
} from './config.ts';
export {
  brokerList,
  databaseConfig,
  heartbeatFitsSession,
  kafkaConfig,
  redisConfig,
  serviceConfig,
} from './config-fragments.ts';
export { addressOf } from './address.ts';
export { systemClock, type Clock, type Timer } from '@porchlight/clock';
export { ServiceError, type Fate } from './service-error.ts';
export { exitCodes } from './exit-codes.ts';
export { createHealth, type Health } from './health.ts';
export { startOperationsServer, type OperationsServer } from './operations-server.ts';
export {
  createWaitFor,
  DependencySilent,
  ServiceStopping,
  type Probe,
  type WaitFor,
  type WaitForOptions,
} from './wait-for.ts';
export { runService, type RunningService, type ServiceContext, type ServiceDefinition } from './run-service.ts';
