import { expect, test } from '@jest/globals';
import { allWantedTopics } from './topics/wanted-topics.ts';
import { serverAddress } from './testing/dev-servers.ts';
import { runCommand as run } from './testing/run-command.ts';

test('topics list --json names every topic of the contracts, and nothing but JSON is printed', async () => {
  const { code, out, error } = await run(['topics', 'list', '--json', '--replication', '1'], {
    KAFKA_BROKERS: serverAddress('KAFKA_BROKERS'),
  });
  const reports = JSON.parse(out) as { name: string; partitions: number }[];
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(reports.map(({ name, partitions }) => ({ name, partitions }))).toEqual(
    allWantedTopics(1).map(({ name, partitions }) => ({ name, partitions })),
  );
});

test('without --replication the cluster is asked how many brokers it has: one, so one replica', async () => {
  const { code, out } = await run(['topics', 'list', '--json'], { KAFKA_BROKERS: serverAddress('KAFKA_BROKERS') });
  const replications = (JSON.parse(out) as { replication: number }[]).map(({ replication }) => replication);
  expect({ code, replications: [...new Set(replications)] }).toEqual({ code: 0, replications: [1] });
});

test('a broker that is not there ends the command with its code and exit 69', async () => {
  const { code, out, error } = await run(['topics', 'apply', '--replication', '1'], { KAFKA_BROKERS: '127.0.0.1:9' });
  expect({ code, out }).toEqual({ code: 69, out: '' });
  expect(error).toMatch(/^KAFKA_UNREACHABLE: no answer from Kafka at 127\.0\.0\.1:9/);
});

test('a number that is none is a mistake in use', async () => {
  const { code, error } = await run(['topics', 'apply', '--replication', 'three'], { KAFKA_BROKERS: '127.0.0.1:9' });
  expect(code).toBe(1);
  expect(error).toContain('an integer 1..9');
});

test('a shell that nobody can complete for is refused, and those that are there are named', async () => {
  const { code, out, error } = await run(['completion', 'tcsh'], {});
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(error).toContain('Allowed choices are zsh, bash, fish');
});

test.each([
  ['no homes', ['cache', 'plan']],
  ['a percentage above a hundred', ['cache', 'plan', '--homes', '1', '--hit-percent', '101']],
  ['a number that is none', ['cache', 'plan', '--homes', 'many']],
])('a plan of %s is refused', async (_, args) => {
  const { code, out } = await run(args, {});
  expect([code, out]).toEqual([1, '']);
});
