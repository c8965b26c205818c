import { describe, expect, test } from '@jest/globals';
import { decodeConsumerProtocolAssignment } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import { ASSIGNER_NAME } from '../kafkajs/kafkajs-assigner.ts';
import { encodeClaims, NO_CLAIMS, type MemberClaims } from '../../assignment/member-claims.ts';
import { assignmentsOf, protocolsOf, ROUND_ROBIN, STICKY, topicsReadBy } from './group-assigners.ts';

const { MemberMetadata } = kafkajs.AssignerProtocol;
const reading = { topics: ['a', 'b'], coPartitioned: [] };

const joinOf = (protocolName: string, members: { memberId: string; metadata: Buffer }[]) => ({
  ...{ throttleTimeMs: 0, errorCode: 0, generationId: 1, protocolType: 'consumer', protocolName },
  ...{ leader: 'm0', skipAssignment: false, memberId: 'm0', members },
});
const subscriptionOf = (name: string, claims: MemberClaims = NO_CLAIMS): Buffer =>
  protocolsOf(reading, claims).find((protocol) => protocol.name === name)?.metadata ?? Buffer.alloc(0);
const decided = (assignments: ReturnType<typeof assignmentsOf>) =>
  Object.fromEntries(
    assignments.map(({ memberId, assignment }) => [
      memberId,
      decodeConsumerProtocolAssignment(assignment).assignedPartitions,
    ]),
  );

describe('what a member says of itself', () => {
  test('has the names of the other client, which reads it', () => {
    expect([STICKY, ROUND_ROBIN]).toEqual([ASSIGNER_NAME, 'RoundRobinAssigner']);
    const read = MemberMetadata.decode(subscriptionOf(STICKY, { generation: 4, owned: { a: [1] } }));
    expect([read?.topics, read?.userData]).toEqual([['a', 'b'], encodeClaims({ generation: 4, owned: { a: [1] } })]);
  });

  test('names no assigner that would part topics which belong together', () => {
    const names = protocolsOf({ ...reading, coPartitioned: [['a', 'b']] }, NO_CLAIMS).map(({ name }) => name);
    expect(names).toEqual([STICKY]);
  });
});

describe('what the leader decides', () => {
  const counts = new Map([
    ['a', 2],
    ['b', 2],
  ]);

  test('leaves each member what it held, also one that is on the other client', () => {
    const onKafkajs = MemberMetadata.encode({
      ...{ version: 0, topics: ['a', 'b'] },
      userData: encodeClaims({ generation: 1, owned: { a: [0], b: [1] } }),
    });
    const ours = subscriptionOf(STICKY, { generation: 1, owned: { a: [1], b: [0] } });
    const joined = joinOf(STICKY, [
      { memberId: 'm0', metadata: ours },
      { memberId: 'm1', metadata: onKafkajs },
    ]);
    expect(topicsReadBy(joined)).toEqual(['a', 'b']);
    expect(decided(assignmentsOf(joined, reading, counts))).toEqual({
      m0: [
        { topic: 'a', partitions: [1] },
        { topic: 'b', partitions: [0] },
      ],
      m1: [
        { topic: 'a', partitions: [0] },
        { topic: 'b', partitions: [1] },
      ],
    });
  });

  test('in turn, in a group with older processes; every partition of a topic that is there goes to one member', () => {
    const members = ['m1', 'm0'].map((memberId) => ({ memberId, metadata: subscriptionOf(ROUND_ROBIN) }));
    const uneven = new Map([
      ['a', 3],
      ['b', 0],
    ]);
    expect(decided(assignmentsOf(joinOf(ROUND_ROBIN, members), reading, uneven))).toEqual({
      m0: [{ topic: 'a', partitions: [0, 2] }],
      m1: [{ topic: 'a', partitions: [1] }],
    });
  });
});
