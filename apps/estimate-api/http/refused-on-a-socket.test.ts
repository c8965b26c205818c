import { connect, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';

const openBench = apiBenchesOfFile();

test('what is not HTTP is refused with a problem document too', async () => {
  const { app } = await openBench();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const answerTo = async (sent: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.end(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const refused = await answerTo('what is this\r\n\r\n');
  expect(refused).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"invalid-request"/);
  const swollen = await answerTo(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(swollen).toMatch(/^HTTP\/1\.1 431 [^]*"code":"header-too-large"/);
});
