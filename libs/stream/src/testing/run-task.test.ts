import { describe, expect, test } from '@jest/globals';
import type { StreamTask, Topic } from '../port.ts';
import { ManualClock } from './manual-clock.ts';
import { runTask } from './run-task.ts';

interface Order {
  id: string;
  amount: number;
}
const orders: Topic<Order> = { name: 'orders' };
const bills: Topic<{ id: string; total: number }> = { name: 'bills' };

const billing = (): StreamTask<Order> => ({
  process({ key, value }, collector) {
    if (value.amount === 0) return collector.drop('free');
    if (value.amount < 0) throw Object.assign(new Error('negative'), { code: 'NEGATIVE', fate: 'park' });
    collector.send(bills, key ?? 'none', { id: value.id, total: value.amount * 2 });
  },
});

describe('runTask', () => {
  test('gives back what was sent, dropped, parked and committed', async () => {
    const result = await runTask(billing(), [
      { topic: orders, key: 'a', value: { id: '1', amount: 3 } },
      { topic: orders, key: 'b', value: { id: '2', amount: 0 } },
      { topic: orders, key: 'c', value: { id: '3', amount: -1 } },
      { topic: orders, key: 'd', value: { id: '4', amount: 5 } },
    ]);
    expect(result.sent.map(({ topic, key, value }) => ({ topic, key, value }))).toEqual([
      { topic: 'bills', key: 'a', value: { id: '1', total: 6 } },
      { topic: 'bills', key: 'd', value: { id: '4', total: 10 } },
    ]);
    expect(result.dropped).toEqual(['free']);
    expect(result.parked.map(({ offset, code, attempts }) => ({ offset, code, attempts }))).toEqual([
      { offset: 2n, code: 'NEGATIVE', attempts: 1 },
    ]);
    expect(result.committed).toEqual({ 'orders/0': 4n });
  });

  test('passes the back-off of a dependency that is down on the manual clock', async () => {
    let failures = 3;
    const clock = new ManualClock();
    const startedAt = clock.now();
    const task: StreamTask<Order> = {
      process({ value }, collector) {
        failures -= 1;
        if (failures >= 0) throw Object.assign(new Error('down'), { code: 'REDIS_DOWN', fate: 'retry' });
        collector.send(bills, 'k', { id: value.id, total: 1 });
      },
    };
    const { sent, retried, parked } = await runTask(task, [{ topic: orders, value: { id: '1', amount: 1 } }], {
      clock,
    });
    expect(sent.map(({ value }) => value)).toEqual([{ id: '1', total: 1 }]);
    expect(retried).toEqual(['REDIS_DOWN', 'REDIS_DOWN', 'REDIS_DOWN']);
    expect(parked).toEqual([]);
    expect(clock.now()).toBeGreaterThan(startedAt);
  });

  test('throws the error that would have stopped the process', async () => {
    const task: StreamTask<Order> = {
      process() {
        throw new TypeError('a bug');
      },
    };
    await expect(runTask(task, [{ topic: orders, value: { id: '1', amount: 1 } }])).rejects.toThrow('a bug');
  });

  test('refuses a test whose dependency never comes back', async () => {
    const task: StreamTask<Order> = {
      process() {
        throw Object.assign(new Error('down'), { code: 'REDIS_DOWN', fate: 'retry' });
      },
    };
    await expect(runTask(task, [{ topic: orders, value: { id: '1', amount: 1 } }], { retriesMax: 5 })).rejects.toThrow(
      'REDIS_DOWN',
    );
  });

  test('its records come after the join, for a task that starts from the latest one', async () => {
    const definition = { inputs: [orders], order: 'partition' as const, startFrom: 'latest' as const };
    const records = [{ topic: orders, key: 'a', value: { id: '1', amount: 3 } }];
    const { sent, committed } = await runTask({ ...definition, createTask: billing }, records);
    expect(sent.map(({ value }) => value)).toEqual([{ id: '1', total: 6 }]);
    expect(committed).toEqual({ 'orders/0': 1n });
  });

  test('runs windows when time passes after the last record', async () => {
    let count = 0;
    const task: StreamTask<Order> = {
      process: () => void (count += 1),
      window: { everyMs: 1_000, run: (collector) => collector.send(bills, 'w', { id: 'sum', total: count }) },
    };
    const { sent } = await runTask(task, [{ topic: orders, value: { id: '1', amount: 1 } }], { thenAdvanceMs: 2_500 });
    expect(sent.map(({ value }) => value)).toEqual([
      { id: 'sum', total: 1 },
      { id: 'sum', total: 1 },
    ]);
  });
});
