import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { registerSchemas } from './register-schemas.ts';

/** A registry that answers 409 to the first wish for a level, having followed it or not. */
async function withStubbornRegistry<T>(follows: boolean, use: (registryUrl: string) => Promise<T>): Promise<T> {
  let compatibilityLevel = 'NONE';
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.method !== 'PUT') return void response.end(JSON.stringify({ compatibilityLevel }));
    if (follows) compatibilityLevel = 'FULL_TRANSITIVE';
    response.statusCode = 409;
    return void response.end(JSON.stringify({ message: "A rule named 'COMPATIBILITY' already exists." }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a registry that set the level and answered that it exists already has set it', async () => {
  const report = await withStubbornRegistry(true, (registryUrl) => registerSchemas({ registryUrl, subjects: [] }));
  expect(report.global).toEqual({ level: 'FULL_TRANSITIVE', state: 'set' });
});

test('a registry that refused the level is said to have refused it', async () => {
  const refused = withStubbornRegistry(false, (registryUrl) => registerSchemas({ registryUrl, subjects: [] }));
  await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});
