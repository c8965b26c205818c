import { kafkaConfig, serviceConfig } from '@porchlight/service';
import { productionSettings, type StreamSettings } from '@porchlight/stream';

/** What every stream app has in its config schema; each adds what its task needs. */
export const streamConfig = { ...serviceConfig, ...kafkaConfig };

/** The rest of a stop is for leaving the group and closing connections. */
const DRAIN_SHARE_OF_STOP = 0.8;

/** How long the group waits for its members to drain and join again: every drain fits twice. */
const REBALANCE_SESSIONS = 2;

/**
 * The runtime's numbers for a process that takes DRAIN_MS to stop and whose death is noticed within the session. What waits
 * follows the session: at 30 s these are the production settings, at 6 s about the local ones.
 *
 * A drain takes 80 % of DRAIN_MS and of the session at most, or the group would expel us while we drain.
 */
export function streamSettingsOf(config: {
  DRAIN_MS: number;
  KAFKA_SESSION_TIMEOUT_MS: number;
  KAFKA_HEARTBEAT_MS: number;
}): StreamSettings {
  const { KAFKA_SESSION_TIMEOUT_MS: sessionMs, KAFKA_HEARTBEAT_MS: heartbeatEveryMs } = config;
  const { kafka, runLoop } = productionSettings;
  const shareOfSession = (whole: number, leastMs: number): number =>
    Math.max(leastMs, Math.round(whole * Math.min(1, sessionMs / kafka.sessionMs)));
  return {
    runLoop: { ...runLoop, drainMs: Math.floor(Math.min(config.DRAIN_MS, sessionMs) * DRAIN_SHARE_OF_STOP) },
    kafka: {
      ...kafka,
      sessionMs,
      heartbeatEveryMs,
      rebalanceMs: sessionMs * REBALANCE_SESSIONS,
      metadataAgeMs: shareOfSession(kafka.metadataAgeMs, 5_000),
      connectMs: shareOfSession(kafka.connectMs, 1_000),
      requestMs: shareOfSession(kafka.requestMs, 5_000),
      retryMostMs: shareOfSession(kafka.retryMostMs, 1_000),
      disconnectMs: shareOfSession(kafka.disconnectMs, 2_000),
    },
  };
}
