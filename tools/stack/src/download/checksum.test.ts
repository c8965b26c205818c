import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { verifyChecksum } from './checksum.ts';

const helloSha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

test('a file with the pinned sum passes, one with another byte is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-sum-'));
  const file = join(folder, 'artifact');
  try {
    await writeFile(file, 'hello');
    await expect(verifyChecksum(file, { what: 'the broker', sha256: helloSha256 })).resolves.toBeUndefined();
    await writeFile(file, 'hellp');
    await expect(verifyChecksum(file, { what: 'the broker', sha256: helloSha256 })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringMatching(new RegExp(`^the broker: .*expected ${helloSha256}`)),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
