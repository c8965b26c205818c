export { cacheConfig, ttlConfig } from './cache-config.ts';
export { observeStream } from './observe-stream.ts';
export { runStreamApp, type StreamAppDefinition, type StreamWiring } from './run-stream-app.ts';
export { stateConfig } from './state-config.ts';
export { streamConfig, streamSettingsOf } from './stream-config.ts';
export { streamLoggerOf } from './stream-logger.ts';
export { streamMetricsOf } from './stream-metrics.ts';
export { catchUpOf, warmUpConfig } from './warm-up-config.ts';
