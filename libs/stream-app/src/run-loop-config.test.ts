import { expect, test } from '@jest/globals';
import { defineConfig, loadConfig } from '@porchlight/service';
import { runLoopDefaults } from '@porchlight/stream';
import { runLoopConfig, runLoopSettingsOf } from './run-loop-config.ts';
import { streamSettingsOf } from './stream-config.ts';

test('with nothing said these are the defaults of the run loop', () => {
  expect(runLoopSettingsOf(loadConfig(defineConfig(runLoopConfig), {}))).toEqual(runLoopDefaults);
});

test('each variable reaches its own setting, and no other', () => {
  const names = Object.keys(runLoopConfig) as (keyof typeof runLoopConfig)[];
  const changed = names.map((name) => {
    const settings = runLoopSettingsOf({ [name]: 77 });
    return Object.entries(settings).filter(([key, value]) => value !== runLoopDefaults[key as keyof typeof settings]);
  });
  expect(changed.map((entries) => entries.length)).toEqual(names.map(() => 1));
  expect(new Set(changed.flat().map(([key]) => key)).size).toBe(names.length);
});

test('they are part of what a stream app is started with', () => {
  const { runLoop } = streamSettingsOf({
    DRAIN_MS: 25_000,
    KAFKA_SESSION_TIMEOUT_MS: 30_000,
    KAFKA_HEARTBEAT_MS: 2_000,
    STREAM_UNACKNOWLEDGED_RECORDS_MAX: 12,
  });
  expect(runLoop.unacknowledgedRecordsMax).toBe(12);
});

test('a commit interval above five seconds is refused: a scaler would take the group for stuck', () => {
  expect(() => loadConfig(defineConfig(runLoopConfig), { STREAM_COMMIT_EVERY_MS: '6000' })).toThrow(
    'STREAM_COMMIT_EVERY_MS',
  );
});
