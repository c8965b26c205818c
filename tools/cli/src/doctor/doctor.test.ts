import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { streamApps } from '@porchlight/contracts';
import type { MarkReading } from '@porchlight/estimate-cache';
import type { GroupReport, PartitionReport } from '../groups/group-report.ts';
import { checkUpstream } from './check-upstream.ts';
import { judgeClock } from './judge-clocks.ts';
import { judgeDatabaseVersion } from './judge-database.ts';
import { judgeMarks, judgeRelay } from './judge-feed.ts';
import { judgeBrokers, judgeGroups, judgeSchemas, judgeTopics } from './judge-kafka.ts';
import { printFindings } from './print-findings.ts';

describe('Kafka', () => {
  test('three brokers are enough, two are not', () => {
    expect([2, 3].map((brokers) => judgeBrokers(brokers).state)).toEqual(['warn', 'pass']);
  });

  const topic = { name: 't', partitions: 1, replication: 1, differences: [] } as const;
  const drift = { what: 'retention.ms', wanted: '1', found: '2', mend: 'kafka-configs.sh --alter t' };
  test('a missing topic and one with another config each fail, with the command that mends it', () => {
    expect(judgeTopics([{ ...topic, state: 'unchanged' }]).map(({ state }) => state)).toEqual(['pass', 'pass']);
    const findings = judgeTopics([
      { ...topic, state: 'missing' },
      { ...topic, name: 'u', state: 'drifted', differences: [drift] },
    ]);
    expect(findings).toMatchObject([
      { check: 'topics', state: 'fail', found: 'missing: t', mend: 'npx porchlight topics apply' },
      { check: 'topic-config', state: 'fail', found: 'u: retention.ms is 2, not 1' },
    ]);
    expect(findings[1]?.mend).toContain('kafka-configs.sh --alter t');
  });

  const subject = { subject: 's', compatibility: 'FULL_TRANSITIVE', id: 1, versions: 1 } as const;
  test.each([
    ['unchanged', 'unchanged', ['pass', 'pass']],
    ['missing', 'unchanged', ['fail', 'pass']],
    ['incompatible', 'unchanged', ['pass', 'fail']],
    ['drifted', 'unchanged', ['pass', 'fail']],
    ['unchanged', 'missing', ['pass', 'warn']],
  ] as const)('a subject that is %s in a registry whose own level is %s', (state, global, expected) => {
    const report = { global: { level: 'FULL_TRANSITIVE', state: global }, subjects: [{ ...subject, state }] };
    expect(judgeSchemas(report).map((finding) => finding.state)).toEqual(expected);
  });

  const partition = (owner: string | null): PartitionReport => ({
    topic: 't',
    partition: 0,
    committed: 1,
    low: 0,
    end: 1,
    lag: 0,
    lost: 0,
    oldestUnreadAt: null,
    owner,
  });
  const group = (fields: Partial<GroupReport>): GroupReport => ({
    group: 'porchlight.invalidator',
    state: 'Stable',
    members: [{ memberId: 'm', clientId: 'c', host: 'h', partitions: 1 }],
    partitions: [partition('c')],
    lag: 0,
    oldestUnreadMs: null,
    ...fields,
  });
  test.each<[string, Partial<GroupReport>, string]>([
    ['with a member that owns everything', {}, 'pass'],
    ['that nobody is in', { members: [], state: 'Empty', partitions: [partition(null)] }, 'fail'],
    ['that never was', { members: [], state: 'Dead', partitions: [] }, 'fail'],
    ['with a partition that nobody owns', { partitions: [partition(null)] }, 'warn'],
    [
      'of another protocol, whose members are not shown',
      { members: [], state: 'Unknown (another group protocol)' },
      'pass',
    ],
  ])('a group %s', (_, fields, state) => {
    const findings = judgeGroups([group(fields)]);
    expect(findings).toHaveLength(streamApps.length);
    expect(findings.find(({ check }) => check === 'group invalidator')?.state).toBe(state);
  });
});

test.each([
  ['16.3', 'pass'],
  ['18.1 (Debian 18.1-1)', 'pass'],
  ['15.14', 'fail'],
  ['9.6.24', 'fail'],
  ['', 'fail'],
])('a PostgreSQL that says its version is "%s"', (version, state) => {
  const finding = judgeDatabaseVersion(version);
  expect([finding.state, finding.mend !== null]).toEqual([state, state === 'fail']);
});

describe('clocks', () => {
  test.each([
    [0, 'pass'],
    [40, 'pass'],
    [539, 'pass'],
    [540, 'warn'],
    [-500, 'warn'],
    [5_040, 'fail'],
    [-5_000, 'fail'],
  ])('that answers in 40 ms and says %d ms after we asked', (ms, state) => {
    expect(judgeClock('redis', { askedAt: 1_000_000, answeredAt: 1_000_040, theirs: 1_000_000 + ms }).state).toBe(
      state,
    );
  });
});

describe('the change feed', () => {
  const NOW = 1_764_000_000_000;
  const progress = (ageMs: number) => ({ publishedUntilAt: NOW - ageMs, partitions: { t: 1 }, readAt: NOW });
  const reading = (ageMs: number): MarkReading => ({
    run: 'r',
    sinceAt: 0,
    partitions: { 't/0': { nextOffset: 1n, untilAt: NOW - ageMs } },
  });

  test.each([
    [progress(1_000), 'pass'],
    [progress(30_001), 'fail'],
    [null, 'fail'],
  ])('the relay: %j', (seen, state) => {
    expect(judgeRelay(seen).state).toBe(state);
  });

  test.each<[string, (MarkReading | null)[], string]>([
    ['all young', [reading(1_000), reading(2_000)], 'pass'],
    ['one that ages', [reading(1_000), reading(16_000)], 'warn'],
    ['one that is too old', [reading(1_000), reading(31_000)], 'fail'],
    ['one that nobody marked', [reading(1_000), { run: 'r', sinceAt: 0, partitions: {} }], 'fail'],
    ['one that is away', [reading(1_000), null], 'fail'],
  ])('marks: %s', (_, readings, state) => {
    expect(judgeMarks(readings, progress(500)).state).toBe(state);
  });
});

describe('the paid API', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  });
  const serve = async (status: number) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${String(request.headers['x-api-key'] ?? 'no key')}`);
      response.writeHead(status).end();
    });
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/v1` };
  };

  test('is asked for its root only, without a key: nothing of that is billed', async () => {
    const { asked, url } = await serve(404);
    expect((await checkUpstream(url)).state).toBe('pass');
    expect(asked).toEqual(['HEAD / no key']);
  });

  test('that is not well is a warning, one that is not there a failure, one that nobody named is skipped', async () => {
    const { url } = await serve(503);
    const states = [url, 'http://127.0.0.1:9', 'ftp://x', undefined].map(
      async (each) => (await checkUpstream(each)).state,
    );
    expect(await Promise.all(states)).toEqual(['warn', 'fail', 'fail', 'skip']);
  });
});

test('colours only where somebody looks on a screen', () => {
  const findings = [
    { check: 'redis', state: 'fail', found: 'away\u001b[2J', mend: 'start it' },
    { check: 'topics', state: 'pass', found: 'all are there', mend: null },
  ] as const;
  const plain = printFindings(findings, false);
  expect(plain).toBe(
    'FAIL  redis   away\\u001b[2J\n              -> start it\nok    topics  all are there\n\n1 pass, 0 warn, 1 fail, 0 skip',
  );
  const coloured = printFindings(findings, true);
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});
