import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';
import type { Finding } from './finding.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
});
afterAll(() => database.drop());

const doctor = async (environment: Record<string, string> = {}) => {
  const { code, out, error } = await runCommand(['doctor', '--json', '--replication', '1'], {
    KAFKA_BROKERS: serverAddress('KAFKA_BROKERS'),
    SCHEMA_REGISTRY_URL: serverAddress('SCHEMA_REGISTRY_URL'),
    REDIS_URL: serverAddress('REDIS_URL'),
    DATABASE_URL: database.databaseUrl,
    ...environment,
  });
  const findings = JSON.parse(out) as Finding[];
  const of = (check: string) => findings.find((finding) => finding.check === check);
  return { code, error, findings, of };
};

test('every dependency that is there passes, and the apps that are not are failures with what to do', async () => {
  const { code, error, of } = await doctor();
  const passed = ['database', 'migrations', 'clock database', 'redis', 'clock redis', 'schema-registry'];
  expect(passed.map((check) => [check, of(check)?.state])).toEqual(passed.map((check) => [check, 'pass']));
  expect(of('kafka')).toMatchObject({ state: 'warn', found: '1 broker answering' });
  expect(of('upstream')?.state).toBe('skip');
  // Nobody relays for a database that was made a moment ago.
  expect(of('relay')).toMatchObject({ state: 'fail', mend: expect.stringContaining('start catalog-relay') });
  expect([code, error]).toEqual([1, expect.stringMatching(/^DOCTOR_FAILED: \d+ checks? failed: .*relay/)]);
});

test('servers that are away are findings, each with its own, and none hides the others', async () => {
  const { code, of, findings } = await doctor({
    KAFKA_BROKERS: '127.0.0.1:9',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9',
    REDIS_URL: 'redis://somebody:secret@127.0.0.1:9',
    DATABASE_URL: 'postgres://somebody:secret@127.0.0.1:9/homes',
    UPSTREAM_URL: 'http://127.0.0.1:9',
  });
  const servers = ['kafka', 'schema-registry', 'redis', 'database', 'upstream'];
  expect(servers.map((check) => of(check)?.state)).toEqual(servers.map(() => 'fail'));
  expect(findings.every(({ mend }) => (mend ?? '') !== '')).toBe(true);
  expect([code, JSON.stringify(findings)]).toEqual([1, expect.not.stringContaining('secret')]);
});

test('a schema that is not migrated fails with the command that does it, and nothing more is asked of it', async () => {
  await database.query("DELETE FROM porchlight.migration WHERE name LIKE '004%'");
  const { of } = await doctor();
  expect(of('migrations')).toMatchObject({ state: 'fail', mend: 'npx porchlight database migrate' });
  expect(of('relay')).toBeUndefined();
});
