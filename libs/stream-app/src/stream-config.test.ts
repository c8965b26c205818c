import { expect, test } from '@jest/globals';
import { productionSettings } from '@porchlight/stream';
import { streamSettingsOf } from './stream-config.ts';

test('at the default session these are the production settings', () => {
  const { kafka, runLoop } = streamSettingsOf({
    DRAIN_MS: 25_000,
    KAFKA_SESSION_TIMEOUT_MS: 30_000,
    KAFKA_HEARTBEAT_MS: productionSettings.kafka.heartbeatEveryMs,
  });
  expect({ kafka, runLoop }).toEqual(productionSettings);
});

test('a short session shortens what waits, down to a floor, and the drain fits into it', () => {
  const { kafka, runLoop } = streamSettingsOf({
    DRAIN_MS: 25_000,
    KAFKA_SESSION_TIMEOUT_MS: 6_000,
    KAFKA_HEARTBEAT_MS: 1_500,
  });
  expect(runLoop.drainMs).toBe(4_800);
  expect([kafka.sessionMs, kafka.heartbeatEveryMs, kafka.rebalanceMs]).toEqual([6_000, 1_500, 12_000]);
  expect([kafka.retryMostMs, kafka.requestMs, kafka.connectMs]).toEqual([1_000, 5_000, 1_000]);
});

test('a short stop shortens the drain', () => {
  const settings = { DRAIN_MS: 1_000, KAFKA_SESSION_TIMEOUT_MS: 6_000, KAFKA_HEARTBEAT_MS: 1_500 };
  expect(streamSettingsOf(settings).runLoop.drainMs).toBe(700);
});

test.each([
  [25_000, 30_000],
  [5_000, 6_000],
  [3_500, 6_000],
  [100, 600_000],
  [600_000, 30_000],
])('a stop within %i ms leaves the group in time, each of its phases at its longest', (DRAIN_MS, sessionMs) => {
  const config = { DRAIN_MS, KAFKA_SESSION_TIMEOUT_MS: sessionMs, KAFKA_HEARTBEAT_MS: 1_500 };
  const { kafka, runLoop } = streamSettingsOf(config);
  const { drainMs, finalCommitMs } = runLoop;
  const closeMs = finalCommitMs;
  expect(drainMs + finalCommitMs + closeMs + kafka.disconnectMs).toBeLessThanOrEqual(DRAIN_MS);
});
