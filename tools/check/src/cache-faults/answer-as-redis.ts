import { createServer, type AddressInfo } from 'node:net';

/** A server that is no Redis of ours to start: it says of itself what it is told, and agrees to everything else. */
export async function answerAsRedis(info: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      // One command a request is all that a connection's beginning needs.
      const asksInfo = /\r\ninfo\r\n/i.test(bytes.toString('latin1'));
      socket.write(asksInfo ? `$${Buffer.byteLength(info)}\r\n${info}\r\n` : '+OK\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
