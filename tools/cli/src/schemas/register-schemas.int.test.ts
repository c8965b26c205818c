import { afterAll, describe, expect, test } from '@jest/globals';
import type { CliError } from '../cli-error.ts';
import { ownName, serverAddress } from '../testing/dev-servers.ts';
import { createRegistryAdmin } from './registry-admin.adapter.ts';
import { listSchemas, registerSchemas, type WantedSubject } from './register-schemas.ts';

const registryUrl = serverAddress('SCHEMA_REGISTRY_URL');
const registry = createRegistryAdmin(registryUrl);
const subjects: string[] = [];

afterAll(async () => {
  for (const subject of subjects) await fetch(`${registryUrl}/subjects/${subject}`, { method: 'DELETE' });
});

type Field = { name: string; type: string; default?: unknown };
const recordOf = (fields: Field[]) => ({ type: 'record', name: 'Thing', namespace: 'porchlight.test', fields });
const base: Field[] = [{ name: 'propertyId', type: 'string' }];

const own = (compatibility: WantedSubject['compatibility'], fields = base): WantedSubject => {
  const subject = `${ownName('thing')}-value`;
  subjects.push(subject);
  return { subject, compatibility, schema: recordOf(fields) };
};

const register = (wanted: WantedSubject[], dryRun = false) =>
  registerSchemas({ registryUrl, subjects: wanted, dryRun });
const withFields = (wanted: WantedSubject, fields: Field[]) => ({ ...wanted, schema: recordOf(fields) });

const refusal = async (work: Promise<unknown>): Promise<CliError> => {
  try {
    await work;
  } catch (error) {
    return error as CliError;
  }
  throw new Error('was not refused');
};

test('registers what is missing, sets the level of the subject and of the registry', async () => {
  const wanted = [own('FULL_TRANSITIVE'), own('BACKWARD_TRANSITIVE')];
  const report = await register(wanted);
  expect(report.subjects.map(({ state, versions }) => ({ state, versions }))).toEqual([
    { state: 'registered', versions: 1 },
    { state: 'registered', versions: 1 },
  ]);
  expect(await registry.levelOf(wanted[0]?.subject ?? '')).toBe('FULL_TRANSITIVE');
  expect(await registry.levelOf(wanted[1]?.subject ?? '')).toBe('BACKWARD_TRANSITIVE');
  expect(await registry.globalLevel()).toBe('FULL_TRANSITIVE');
});

test('changes nothing the second time', async () => {
  const wanted = [own('FULL_TRANSITIVE')];
  const first = await register(wanted);
  const lines: string[] = [];
  const second = await registerSchemas({ registryUrl, subjects: wanted, log: (line) => lines.push(line) });
  expect(second.global).toEqual({ level: 'FULL_TRANSITIVE', state: 'unchanged' });
  expect(second.subjects).toEqual([{ ...first.subjects[0], state: 'unchanged' }]);
  expect(lines).toEqual([]);
});

test('a dry run registers nothing', async () => {
  const wanted = own('FULL_TRANSITIVE');
  expect((await register([wanted], true)).subjects.map(({ state, id }) => ({ state, id }))).toEqual([
    { state: 'missing', id: null },
  ]);
  expect(await registry.versionsOf(wanted.subject)).toEqual([]);
});

test('a compatible schema becomes a further version', async () => {
  const wanted = own('FULL_TRANSITIVE');
  await register([wanted]);
  const grown = withFields(wanted, [...base, { name: 'note', type: 'string', default: '' }]);
  expect((await register([grown])).subjects.map(({ state, versions }) => ({ state, versions }))).toEqual([
    { state: 'registered', versions: 2 },
  ]);
});

describe('refused, with nothing registered', () => {
  test('a field without a default: who is left behind is said in words', async () => {
    const wanted = own('FULL_TRANSITIVE');
    const other = own('FULL_TRANSITIVE');
    await register([wanted]);
    const broken = withFields(wanted, [...base, { name: 'note', type: 'string' }]);
    const error = await refusal(register([broken, other]));
    expect(error.code).toBe('SCHEMA_INCOMPATIBLE');
    expect(error.message).toContain(
      `${wanted.subject}: new readers cannot read records of version 1: no matching field for default-less porchlight.test.Thing.note`,
    );
    expect(await registry.versionsOf(other.subject)).toEqual([]);
    expect((await listSchemas({ registryUrl, subjects: [broken] })).subjects[0]?.state).toBe('incompatible');
  });

  test('a field taken away: old readers count under FULL, not under BACKWARD', async () => {
    const more: Field[] = [...base, { name: 'note', type: 'string' }];
    const full = own('FULL_TRANSITIVE', more);
    const backward = own('BACKWARD_TRANSITIVE', more);
    await register([full, backward]);
    const error = await refusal(register([withFields(full, base)]));
    expect(error.message).toContain('readers of version 1 cannot read new records');
    expect((await register([withFields(backward, base)])).subjects.map(({ versions }) => versions)).toEqual([2]);
  });

  test('a change that only an older version than the latest forbids', async () => {
    const wanted = own('BACKWARD_TRANSITIVE', [...base, { name: 'note', type: 'string' }]);
    await register([wanted]);
    await register([withFields(wanted, base)]);
    const error = await refusal(register([withFields(wanted, [...base, { name: 'note', type: 'int', default: 0 }])]));
    expect(error.message).toContain('records of version 1');
  });

  test('the registry enforces the level by itself, against somebody who does not use this command', async () => {
    const wanted = own('FULL_TRANSITIVE');
    await register([wanted]);
    const broken = recordOf([...base, { name: 'note', type: 'string' }]);
    expect((await refusal(registry.register(wanted.subject, broken, 'FULL_TRANSITIVE'))).code).toBe(
      'SCHEMA_INCOMPATIBLE',
    );
  });

  test('a level that somebody changed, with the command that mends it', async () => {
    const wanted = own('FULL_TRANSITIVE');
    await register([wanted]);
    await registry.setLevelOf(wanted.subject, 'BACKWARD_TRANSITIVE');
    const error = await refusal(register([wanted]));
    expect(error.code).toBe('SCHEMA_DRIFT');
    expect(error.message).toContain(`${wanted.subject}: compatibility is BACKWARD_TRANSITIVE, not FULL_TRANSITIVE`);
    expect(error.message).toContain(`/config/${wanted.subject}`);
    expect((await listSchemas({ registryUrl, subjects: [wanted] })).subjects[0]?.state).toBe('drifted');
  });
});

test('a registration that died between the schema and its level is finished by the next one', async () => {
  const wanted = own('FULL_TRANSITIVE');
  const path = `${registryUrl}/subjects/${wanted.subject}/versions`;
  const headers = { 'content-type': 'application/json' };
  await fetch(path, { method: 'POST', headers, body: JSON.stringify({ schema: JSON.stringify(wanted.schema) }) });
  expect((await register([wanted])).subjects[0]?.state).toBe('registered');
  expect(await registry.levelOf(wanted.subject)).toBe('FULL_TRANSITIVE');
});

test('a registry that is not there is named without the password in its address', async () => {
  const error = await refusal(
    registerSchemas({
      registryUrl: 'http://operator:hush@127.0.0.1:49999/apis/ccompat/v7',
      subjects: [own('FULL_TRANSITIVE')],
    }),
  );
  expect(error.code).toBe('REGISTRY_UNREACHABLE');
  expect(error.message).toContain('127.0.0.1:49999');
  expect(error.message).not.toContain('hush');
});
