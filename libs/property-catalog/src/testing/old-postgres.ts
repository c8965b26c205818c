import { createServer, type Socket } from 'node:net';

const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
const TEXT_OID = 25;

const ready = message('Z', Buffer.from('I'));
const welcome = Buffer.concat([message('R', int32(0)), ready]);

const answerOf = (value: string): Buffer =>
  Buffer.concat([
    message(
      'T',
      int16(1),
      Buffer.from('server_version_num\0'),
      int32(0),
      int16(0),
      int32(TEXT_OID),
      int16(-1),
      int32(-1),
      int16(0),
    ),
    message('D', int16(1), int32(value.length), Buffer.from(value)),
    message('C', Buffer.from('SHOW\0')),
    ready,
  ]);

export interface OldPostgres {
  readonly databaseUrl: string;
  /** What it was asked, in order. */
  readonly statements: readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * A server that lets everybody in and answers every statement with its version: no test can install a PostgreSQL of long
 * ago. Listens on 127.0.0.1.
 *
 * @param versionNum as the server says it: 140012 is 14.12
 */
export async function startOldPostgres(versionNum: number): Promise<OldPostgres> {
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(welcome);
      socket.on('data', (data) => {
        if (data.toString('latin1', 0, 1) !== 'Q') return;
        statements.push(data.toString('utf8', 5, data.length - 1));
        socket.write(answerOf(String(versionNum)));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    databaseUrl: `postgres://somebody:secret@127.0.0.1:${port}/homes`,
    statements,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
