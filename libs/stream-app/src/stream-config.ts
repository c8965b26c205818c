import { kafkaConfig, serviceConfig } from '@porchlight/service';
import { groupProtocols, kafkaClients, productionSettings, type StreamSettings } from '@porchlight/stream';
import { z } from 'zod';
import { runLoopConfig, runLoopSettingsOf } from './run-loop-config.ts';

/** What every stream app has in its config schema; each adds what its task needs. */
export const streamConfig = {
  ...serviceConfig,
  ...kafkaConfig,
  KAFKA_CLIENT: z
    .enum(kafkaClients)
    .default('kafkajs')
    .describe('the library that speaks to Kafka; platformatic is experimental'),
  KAFKA_GROUP_PROTOCOL: z
    .enum(groupProtocols)
    .default('classic')
    .describe('consumer: the broker assigns the partitions (KIP-848); platformatic only'),
  KAFKA_INSTANCE_ID: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('a name of this replica that survives its restart, and so do its partitions; platformatic only'),
  ...runLoopConfig,
};

/**
 * What each phase of a stop may take of DRAIN_MS, the last commit and the tasks' `close` each one share. Together they are the whole: a process
 * that is cut off before it has left the group keeps its partitions from everybody for a session.
 */
const SHARE_OF_STOP = { drain: 0.7, finalCommit: 0.06, disconnect: 0.18 };

/** The drain of a revoke must end within the session, or the group would expel us while we drain. */
const DRAIN_SHARE_OF_SESSION = 0.8;

/** How long the group waits for its members to drain and join again: every drain fits twice. */
const REBALANCE_SESSIONS = 2;

/**
 * The runtime's numbers for a process that takes DRAIN_MS to stop and whose death is noticed within the session. What waits
 * follows the session: at 30 s these are the production settings, at 6 s about the local ones.
 *
 * A stop takes DRAIN_MS at most: drain, commit, close, leaving the group.
 */
export function streamSettingsOf(
  config: {
    DRAIN_MS: number;
    KAFKA_SESSION_TIMEOUT_MS: number;
    KAFKA_HEARTBEAT_MS: number;
  } & Parameters<typeof runLoopSettingsOf>[0],
): StreamSettings {
  const { KAFKA_SESSION_TIMEOUT_MS: sessionMs, KAFKA_HEARTBEAT_MS: heartbeatEveryMs } = config;
  const shareOfStop = (share: number): number => Math.floor(config.DRAIN_MS * share);
  const { kafka } = productionSettings;
  const runLoop = runLoopSettingsOf(config);
  const shareOfSession = (whole: number, leastMs: number): number =>
    Math.max(leastMs, Math.round(whole * Math.min(1, sessionMs / kafka.sessionMs)));
  return {
    runLoop: {
      ...runLoop,
      drainMs: Math.min(shareOfStop(SHARE_OF_STOP.drain), Math.floor(sessionMs * DRAIN_SHARE_OF_SESSION)),
      finalCommitMs: Math.min(runLoop.finalCommitMs, shareOfStop(SHARE_OF_STOP.finalCommit)),
    },
    kafka: {
      ...kafka,
      sessionMs,
      heartbeatEveryMs,
      rebalanceMs: sessionMs * REBALANCE_SESSIONS,
      metadataAgeMs: shareOfSession(kafka.metadataAgeMs, 5_000),
      connectMs: shareOfSession(kafka.connectMs, 1_000),
      requestMs: shareOfSession(kafka.requestMs, 5_000),
      retryMostMs: shareOfSession(kafka.retryMostMs, 1_000),
      disconnectMs: Math.min(kafka.disconnectMs, shareOfStop(SHARE_OF_STOP.disconnect)),
    },
  };
}
