import { describe, expect, test } from '@jest/globals';
import { checkStreamSettings, localSettings, productionSettings } from './adapters/kafkajs/kafkajs-settings.ts';
import { checkRunLoopSettings, runLoopDefaults } from './settings.ts';

describe('settings', () => {
  test('the shipped ones do not contradict themselves', () => {
    for (const settings of [productionSettings, localSettings]) {
      expect(checkStreamSettings(settings)).toBe(settings);
      expect(checkRunLoopSettings(settings.runLoop)).toBe(settings.runLoop);
    }
  });

  test('a wrong one is refused, and all that is wrong is named', () => {
    expect(() => checkRunLoopSettings({ ...runLoopDefaults, commitEveryMs: 6_000, drainMs: 0.5 })).toThrow(
      /drainMs is 0.5.*commitEveryMs is 6000/,
    );
    const kafka = { ...productionSettings.kafka, heartbeatEveryMs: 20_000, rebalanceMs: 1_000 };
    expect(() => checkStreamSettings({ ...productionSettings, kafka })).toThrow(/heartbeatEveryMs.*rebalanceMs/);
  });
});
