import { expect, test } from '@jest/globals';
import { createServerWatch } from './judge-server-again.ts';

const good = 'role:master\r\nmaxmemory_policy:volatile-lru\r\n';
const evictsMarks = 'role:master\r\nmaxmemory_policy:allkeys-lru\r\n';
const isReplica = 'role:slave\r\nmaxmemory_policy:volatile-lru\r\n';

async function toldOf(...infos: readonly (string | null)[]): Promise<string[]> {
  const told: string[] = [];
  const left = [...infos];
  const look = createServerWatch(
    async () => {
      const info = left.shift();
      if (info === undefined || info === null) throw new Error('no answer');
      return { info, save: '' };
    },
    (reason) => told.push(reason.slice(0, 42)),
  );
  for (const _info of infos) await look();
  return told;
}

test('a policy that is changed while it runs is told once, and again if it comes back', async () => {
  expect(await toldOf(good, evictsMarks, evictsMarks, good, evictsMarks)).toEqual([
    'its maxmemory-policy is allkeys-lru; set i',
    'its maxmemory-policy is allkeys-lru; set i',
  ]);
});

test('another reason is told as well', async () => {
  expect(await toldOf(evictsMarks, isReplica)).toEqual([
    'its maxmemory-policy is allkeys-lru; set i',
    'it is a slave; the cache reads and writes ',
  ]);
});

test('a server that does not answer is neither good nor refused', async () => {
  expect(await toldOf(good, null, good)).toEqual([]);
  expect(await toldOf(evictsMarks, null, evictsMarks)).toHaveLength(1);
});
