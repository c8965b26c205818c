import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { accountOf, commandAs, mayReach } from './run-as.ts';

const passwd = 'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/sh\n';
const stranger = { uid: 54_321, gid: 54_321 };

test('an account is found by its whole name', () => {
  expect(accountOf('postgres', passwd)).toEqual({ uid: 101, gid: 104 });
  expect(accountOf('post', passwd)).toBeUndefined();
});

test('a private folder cannot be passed by another account, a public one can', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-as-'));
  try {
    expect(mayReach(folder, stranger)).toBe(false);
    await chmod(folder, 0o755);
    expect(mayReach(folder, stranger)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an ordinary user runs the command as it is', () => {
  expect(commandAs(undefined, ['/nowhere'], 'postgres', ['-D', 'x'])).toEqual({
    command: 'postgres',
    args: ['-D', 'x'],
  });
});

test('where all folders are open the account is simply lent', () => {
  expect(commandAs(stranger, ['/'], 'postgres', [])).toEqual({ command: 'postgres', args: [], runAs: stranger });
});
