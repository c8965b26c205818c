import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { createStickyAssigner } from './kafkajs-assigner.ts';
import { decodeClaims, encodeClaims, NO_CLAIMS, type MemberClaims } from '../../assignment/member-claims.ts';

const counts: Record<string, number> = { a: 4, b: 2 };
const partitionsOf = (topic: string): object[] => Array.from({ length: counts[topic] ?? 0 }, () => ({}));

/** A cluster that has metadata of the leader's own topics, and answers for the others when it is asked. */
const clusterOf = (ownTopics: readonly string[], asked: string[] = []) => ({
  findTopicPartitionMetadata: (topic: string) => (ownTopics.includes(topic) ? partitionsOf(topic) : []),
  brokerPool: {
    withBroker: (run: (found: object) => unknown) =>
      run({
        broker: {
          metadata: ([topic = '']: string[]) => {
            asked.push(topic);
            if (counts[topic] === undefined)
              return Promise.reject(Object.assign(new Error('?'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }));
            return Promise.resolve({ topicMetadata: [{ partitionMetadata: partitionsOf(topic) }] });
          },
        },
      }),
  },
});

const assignerOf = (cluster: object, claims: MemberClaims, coPartitioned: string[][] = []): kafkajs.Assigner =>
  createStickyAssigner(
    {
      cluster: cluster as kafkajs.Cluster,
      groupId: 'g',
      logger: { info: () => undefined } as unknown as kafkajs.Logger,
    },
    { claims: () => claims, coPartitioned },
  );

const joining = (memberId: string, topics: string[], claims: MemberClaims): kafkajs.GroupMember => ({
  memberId,
  memberMetadata: assignerOf({}, claims).protocol({ topics }).metadata,
});

async function assigned(assigner: kafkajs.Assigner, members: kafkajs.GroupMember[], topics: string[]) {
  const answers = await assigner.assign({ members, topics });
  return Object.fromEntries(
    answers.map(({ memberId, memberAssignment }) => [
      memberId,
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
    ]),
  );
}

describe('the sticky assigner in the wire format', () => {
  test('leaves members what they said they held, and gives the newcomer its share', async () => {
    const leader = assignerOf(clusterOf(['a']), NO_CLAIMS);
    const members = [
      joining('m0', ['a'], { generation: 3, owned: { a: [2, 3] } }),
      joining('m1', ['a'], { generation: 3, owned: { a: [0, 1] } }),
      joining('m2', ['a'], NO_CLAIMS),
    ];
    expect(await assigned(leader, members.slice(0, 2), ['a'])).toEqual({ m0: { a: [2, 3] }, m1: { a: [0, 1] } });
    const after = await assigned(leader, members, ['a']);
    expect(after).toEqual({ m0: { a: [2, 3] }, m1: { a: [0] }, m2: { a: [1] } });
  });

  test('answers every member, also those that get nothing', async () => {
    const members = ['m0', 'm1', 'm2'].map((id) => joining(id, ['b'], NO_CLAIMS));
    expect(await assigned(assignerOf(clusterOf(['b']), NO_CLAIMS), members, ['b'])).toEqual({
      ...{ m0: { b: [0] }, m1: { b: [1] }, m2: {} },
    });
  });

  test('asks for a topic that only others read, and gives out nothing of one that is not there', async () => {
    const asked: string[] = [];
    const leader = assignerOf(clusterOf(['a'], asked), NO_CLAIMS);
    const members = [joining('m0', ['a'], NO_CLAIMS), joining('m1', ['a', 'b', 'gone'], NO_CLAIMS)];
    expect(await assigned(leader, members, ['a'])).toEqual({ m0: { a: [0, 2] }, m1: { a: [1, 3], b: [0, 1] } });
    expect(asked).toEqual(['b', 'gone']);
  });

  test('counts a member of another program, with user data of its own, as one that holds nothing', async () => {
    const metadata = { version: 0, topics: ['b'], userData: Buffer.from([1, 2, 3]) };
    const foreign = { memberId: 'm0', memberMetadata: kafkajs.AssignerProtocol.MemberMetadata.encode(metadata) };
    const mine = joining('m1', ['b'], { generation: 1, owned: { b: [0] } });
    expect(await assigned(assignerOf(clusterOf(['b']), NO_CLAIMS), [foreign, mine], ['b'])).toEqual({
      ...{ m0: { b: [1] }, m1: { b: [0] } },
    });
  });
});

describe('claims', () => {
  test('come back as they were written', () => {
    const owned = fc.dictionary(fc.string(), fc.array(fc.nat()));
    fc.assert(
      fc.property(fc.integer(), owned, (generation, each) => {
        expect(decodeClaims(encodeClaims({ generation, owned: each }))).toEqual({ generation, owned: each });
      }),
    );
  });

  test.each([
    '',
    'null',
    '[]',
    '{"version":2,"generation":1,"owned":{}}',
    '{"version":1,"generation":1,"owned":{"a":["0"]}}',
  ])('of %j are none', (text) => expect(decodeClaims(Buffer.from(text))).toEqual(NO_CLAIMS));
});
