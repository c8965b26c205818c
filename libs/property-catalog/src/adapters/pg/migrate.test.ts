import { expect, test } from '@jest/globals';
import { startOldPostgres } from '../../testing/old-postgres.ts';
import { migrate } from './migrate.ts';

test.each([
  [15, 150_013],
  [9, 90_624],
])('PostgreSQL %i is refused by its version before any statement of ours runs', async (major, versionNum) => {
  const server = await startOldPostgres(versionNum);
  try {
    const thrown: unknown = await migrate({ databaseUrl: server.databaseUrl }).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'DATABASE_TOO_OLD', fate: 'crash' });
    expect((thrown as Error).message).toBe(
      `PostgreSQL 16 or newer is needed, and this is ${major}; nothing was changed`,
    );
    expect(server.statements).toEqual(['SHOW server_version_num']);
  } finally {
    await server.close();
  }
});

test('a server that is not there is one that does not answer, and its password is not told', async () => {
  const thrown: unknown = await migrate({ databaseUrl: 'postgres://somebody:secret@127.0.0.1:1/homes' }).catch(
    (error: unknown) => error,
  );
  expect(thrown).toMatchObject({ code: 'CATALOG_UNAVAILABLE', fate: 'retry' });
  expect(String(thrown)).not.toContain('secret');
});
