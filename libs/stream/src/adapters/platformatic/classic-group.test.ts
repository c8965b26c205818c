import { beforeEach, expect, test } from '@jest/globals';
import { encodeConsumerProtocolAssignment, NetworkError, ResponseError } from '@platformatic/kafka';
import { ManualClock } from '../../testing/manual-clock.ts';
import { localSettings } from '../kafkajs/kafkajs-settings.ts';
import { ClassicGroup } from './classic-group.ts';
import type { MemberPorts } from './member-life.ts';

const { heartbeatEveryMs, sessionMs, retryMostMs } = localSettings.kafka;
const REBALANCE_IN_PROGRESS = 27;
const UNKNOWN_MEMBER_ID = 25;

const refusal = (code: number): Error => new ResponseError(12, 4, { '': [code, null] }, {});
const assignment = encodeConsumerProtocolAssignment({
  version: 0,
  assignedPartitions: [{ topic: 'in', partitions: [0, 1] }],
});
const metadata = { topics: new Map([['in', { partitionsCount: 2 }]]) };

let clock: ManualClock;
let said: string[];
let generation: number;
/** What the coordinator answers to the next heartbeats; undefined: all is well. */
let heartbeats: () => Error | undefined;
let drained: Promise<void>;
let group: ClassicGroup;
let ended: unknown;

/** A coordinator that lets everybody in, and writes down what it is asked. */
function ask(name: string, ...request: readonly unknown[]): Promise<unknown> {
  if (name === 'Heartbeat') {
    const error = heartbeats();
    return error === undefined ? Promise.resolve({}) : Promise.reject(error);
  }
  if (name === 'JoinGroup') {
    generation += 1;
    said.push(`join as '${String(request[3])}'`);
    const members = [{ memberId: 'm0', metadata: Buffer.alloc(0) }];
    const who = { memberId: 'm0', leader: 'another', members: members.slice(1) };
    return Promise.resolve({ ...who, generationId: generation, protocolName: 'porchlight-sticky-1' });
  }
  if (name === 'SyncGroup') return Promise.resolve({ assignment });
  if (name === 'OffsetCommit') said.push(`commit in ${String(request[1])} as ${String(request[2])}`);
  else said.push(name);
  return Promise.resolve({});
}

beforeEach(() => {
  clock = new ManualClock();
  said = [];
  generation = 0;
  heartbeats = () => undefined;
  drained = Promise.resolve();
  ended = undefined;
  const link = { ask, metadata: () => Promise.resolve(metadata), forgetMetadata: () => undefined };
  group = new ClassicGroup({
    ...{ link: link as unknown as MemberPorts['link'], groupId: 'g', instanceId: null, topics: ['in'] },
    ...{ coPartitioned: [], settings: localSettings.kafka, clock },
    hooks: {
      async drain() {
        said.push('drain');
        await drained;
        said.push('drained');
      },
      lost: () => void said.push('lost'),
      assigned: (partitions) => void said.push(`assigned ${partitions.map(({ partition }) => partition).join()}`),
      answered: () => undefined,
      unanswered: () => undefined,
    },
  });
});

async function join(): Promise<void> {
  group.run().catch((error: unknown) => (ended = error));
  await clock.advance(0);
  expect(said.splice(0)).toEqual([`join as ''`, 'assigned 0,1']);
}
const offsets = [{ topic: 'in', partition: 0, nextOffset: 5n }];
const commit = (): Promise<void> => group.commit(offsets, new Map());

test('nothing is committed before the first join', async () => {
  await expect(commit()).rejects.toMatchObject({ code: 'NOT_STARTED', fate: 'retry' });
  expect(said).toEqual([]);
});

test('the group is joined again only when the drain has ended, and what it commits is committed under the old generation', async () => {
  await join();
  let release = (): void => undefined;
  drained = new Promise((resolve) => (release = resolve));
  heartbeats = () => refusal(REBALANCE_IN_PROGRESS);
  await clock.advance(heartbeatEveryMs * 3);
  await commit();
  expect(said.splice(0)).toEqual(['drain', 'commit in 1 as m0']);
  heartbeats = () => undefined;
  release();
  await clock.advance(0);
  await commit();
  expect(said).toEqual(['drained', `join as 'm0'`, 'assigned 0,1', 'commit in 2 as m0']);
});

test('a member that was expelled gives up at once, drains nothing, and joins as somebody new', async () => {
  await join();
  let beats = 0;
  heartbeats = () => ((beats += 1) === 1 ? refusal(UNKNOWN_MEMBER_ID) : undefined);
  await clock.advance(heartbeatEveryMs);
  expect(said).toEqual(['lost', `join as ''`, 'assigned 0,1']);
});

test('a coordinator that is away for longer than a session: given up once, and taken up again without a join when the group has kept it', async () => {
  await join();
  heartbeats = () => new NetworkError('gone');
  await clock.advance(sessionMs * 3);
  expect(said.splice(0)).toEqual(['lost']);
  heartbeats = () => undefined;
  await clock.advance(heartbeatEveryMs + retryMostMs);
  expect([said, ended]).toEqual([['assigned 0,1'], undefined]);
});

test('a refusal that no wait mends ends the membership', async () => {
  await join();
  const denied = refusal(30);
  heartbeats = () => denied;
  await clock.advance(heartbeatEveryMs);
  expect(ended).toBe(denied);
});

test('a member that leaves says so, and is done', async () => {
  await join();
  await group.leave();
  await clock.advance(heartbeatEveryMs * 3);
  expect(said).toEqual(['LeaveGroup']);
  await expect(commit()).rejects.toMatchObject({ code: 'NOT_STARTED' });
});
