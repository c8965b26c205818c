import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { createKafkajsLog } from './kafkajs-log.ts';

test.each([
  ['Response Heartbeat(key: 12, version: 3)', 'The group is rebalancing, so a rejoin is needed', 'debug'],
  ['Connection error: connect ECONNREFUSED 127.0.0.1:9092', undefined, 'debug'],
  ['Offset out of range, resetting to default offset', undefined, 'warn'],
  ['Crash: KafkaJSNumberOfRetriesExceeded: Request Heartbeat(key: 12, version: 3) timed out', undefined, 'error'],
])('an ERROR of kafkajs is told at the level that it deserves: %s', (message, error, level) => {
  const lines: string[] = [];
  const at = (name: string) => (): void => void lines.push(name);
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const entry = { timestamp: '', message, ...(error === undefined ? {} : { error }) };
  createKafkajsLog(log)(kafkajs.logLevel.INFO)({
    namespace: 'Consumer',
    level: kafkajs.logLevel.ERROR,
    label: 'ERROR',
    log: entry,
  });
  expect(lines).toEqual([level]);
});
