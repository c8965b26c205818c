import { describe, expect, test } from '@jest/globals';
import type { TaskDefinition } from '../port.ts';
import { processing, reading } from '../testing/test-bed.ts';
import { PartitionWatch } from './watch-partitions.ts';

const definition = (name: string, more: object = {}): TaskDefinition<unknown> =>
  reading({ name }, () => processing(() => undefined), more);

const withStores = { stores: [{ name: 'counts' }] };

describe('numbers of partitions', () => {
  test('may grow for a task without state', () => {
    const watch = new PartitionWatch([definition('a')]);
    watch.check(() => 12);
    expect(() => watch.check(() => 16)).not.toThrow();
  });

  test('stop a task with state when they grow, with what it was and what it is', () => {
    const watch = new PartitionWatch([definition('a'), definition('b', withStores)]);
    watch.check(() => 12);
    watch.check(() => 12);
    expect(() => watch.check((topic) => (topic === 'b' ? 16 : 12))).toThrow(
      expect.objectContaining({
        code: 'TOPIC_GREW',
        message: expect.stringMatching(/^b had 12 partitions and has 16:/),
      }),
    );
  });

  test('must be equal where a definition says that its inputs belong together', () => {
    const pair = { ...definition('a'), inputs: [{ name: 'a' }, { name: 'b' }], coPartitioned: true };
    const watch = new PartitionWatch([pair, definition('c')]);
    expect(watch.topics).toEqual(['a', 'b']);
    expect(() => watch.checkTogether((topic) => (topic === 'c' ? 3 : 12))).not.toThrow();
    expect(() => watch.checkTogether((topic) => (topic === 'b' ? 3 : 12))).toThrow(
      expect.objectContaining({ code: 'CO_PARTITION_MISMATCH' }),
    );
  });
});
