import { expect, test } from '@jest/globals';
import { CacheUnavailable } from '../../../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import { NodeRead, type BucketReply } from './node-read.ts';

function asked() {
  const heard: [bucket: number, reply: BucketReply, isWaiting: boolean][] = [];
  const note = (read: NodeRead, bucket: number, reply: BucketReply) => void heard.push([bucket, reply, read.isWaiting]);
  const read = new NodeRead({ address: 'a:1' } as ClusterNode, Promise.resolve(), note);
  read.add(7, 'GET seven ');
  read.add(3, 'MGET three ');
  read.add(5, 'GET five ');
  return { read, heard };
}
const value = (text: string): Buffer => Buffer.from(text);

test('all commands are written with the first, and each answer is of its bucket; it waits until the last', () => {
  const { read, heard } = asked();
  expect([read.toWritable(), read.toWritable(), read.commands]).toEqual(['GET seven MGET three GET five ', '', 3]);
  const refused = new Error('MOVED');
  read.resolve(value('7'));
  read.reject(refused);
  read.resolve(value('5'));
  expect(heard).toEqual([
    [7, value('7'), true],
    [3, refused, true],
    [5, value('5'), false],
  ]);
});

test('what was not answered in time is given up on, and answers that come later reach nobody', () => {
  const { read, heard } = asked();
  const late = new CacheUnavailable('no reply in 20 ms');
  read.resolve(value('7'));
  read.giveUp(late);
  read.resolve(value('3'));
  read.reject(new Error('Connection is closed.'));
  read.giveUp(late);
  expect(heard).toEqual([
    [7, value('7'), true],
    [3, late, true],
    [5, late, false],
  ]);
});
