import { gzipSync } from 'node:zlib';
import { HOMES } from './api-ground.ts';
import type { Bystander } from './bystander.ts';
import { openSockets, statusesOf, type HostileSocket } from './raw-sockets.ts';

/** What an assault is given. */
export interface Field {
  readonly port: number;
  readonly bystander: Pick<Bystander, 'asked'>;
}

export interface Assault {
  readonly name: string;
  readonly what: string;
  /** @returns what is wrong with how it was met; empty: nothing */
  run(field: Field): Promise<readonly string[]>;
}

const MANY = 10_000;
const SOME = 1_000;
/** Questions of the bystander that an assault lasts at least. */
const ASKED_MEANWHILE = 50;
const BYTE_EVERY_MS = 1_000;
/** Above the longest time-out (10 s) and the second in which it is noticed, on a busy machine. */
const GONE_MS = 60_000;
const LOOK_MS = 100;

const BATCH = 'POST /v1/estimates:batchGet HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
const SINGLE = `GET /v1/estimates/${HOMES[0]} HTTP/1.1\r\nhost: a\r\n\r\n`;

async function until(isSo: () => boolean, withinMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + withinMs;
  while (!isSo() && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return isSo();
}

/** Waits until the server has closed all of them, each with this status. */
async function allRefused(sockets: readonly HostileSocket[], status: number): Promise<readonly string[]> {
  await until(() => sockets.every(({ isClosed }) => isClosed()), GONE_MS);
  const open = sockets.filter(({ isClosed }) => !isClosed()).length;
  const { [String(status)]: refused = 0, ...others } = statusesOf(sockets);
  return [
    ...(open > 0 ? [`${open} of ${sockets.length} are still connected after ${GONE_MS / 1_000} s`] : []),
    ...(refused < sockets.length
      ? [`${refused} of ${sockets.length} got ${status}, others ${JSON.stringify(others)}`]
      : []),
  ];
}

const endAll = (sockets: readonly HostileSocket[]): void => sockets.forEach(({ socket }) => socket.destroy());

/** Opens connections that say something, then a byte a second, or nothing more. */
const slow = (name: string, what: string, how: { count: number; first: string; byte: string }): Assault => ({
  name,
  what,
  async run({ port, bystander }) {
    const sockets = await openSockets(port, how.count, how.first);
    const drip = (): void =>
      sockets.forEach(({ socket, isClosed }) => how.byte !== '' && !isClosed() && socket.write(how.byte));
    const dripping = setInterval(drip, BYTE_EVERY_MS);
    try {
      await bystander.asked(ASKED_MEANWHILE);
      return await allRefused(sockets, 408);
    } finally {
      clearInterval(dripping);
      endAll(sockets);
    }
  },
});

/** Sends something at once on many connections, each of which must be refused in the same way. */
const flood = (name: string, what: string, how: { sent: () => Buffer; status: number }): Assault => ({
  name,
  what,
  async run({ port, bystander }) {
    const sockets = await openSockets(port, SOME, how.sent());
    try {
      await bystander.asked(ASKED_MEANWHILE);
      await until(() => sockets.every(({ status, isClosed }) => isClosed() || status() !== null), GONE_MS);
      const { [String(how.status)]: refused = 0, ...others } = statusesOf(sockets);
      return refused === sockets.length ? [] : [`${refused} got ${how.status}, others ${JSON.stringify(others)}`];
    } finally {
      endAll(sockets);
    }
  },
});

const keptAlive: Assault = {
  name: 'kept-alive',
  what: `${MANY} connections that asked once and stay`,
  async run({ port, bystander }) {
    const sockets = await openSockets(port, MANY, SINGLE);
    try {
      const areServed = await until(() => sockets.every(({ status }) => status() === 200), GONE_MS);
      await bystander.asked(ASKED_MEANWHILE);
      const closed = sockets.filter(({ isClosed }) => isClosed()).length;
      return [
        ...(areServed ? [] : [`not all were served: ${JSON.stringify(statusesOf(sockets))}`]),
        ...(closed > 0 ? [`${closed} were let go, with room for all`] : []),
      ];
    } finally {
      endAll(sockets);
    }
  },
};

/** 60 kB that unfold to 60 MB. */
const bomb = (): Buffer => {
  const body = gzipSync(Buffer.alloc(60_000_000, ' '), { level: 9 });
  return Buffer.concat([Buffer.from(`${BATCH}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
};

const deep = (): Buffer => {
  const body = `{"propertyIds":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  return Buffer.from(`${BATCH}content-length: ${body.length}\r\n\r\n${body}`);
};

const HEADERS = `x-flood: ${'x'.repeat(1_000)}\r\n`.repeat(64);

/** Everything that is done to it. */
export const assaults: readonly Assault[] = [
  slow('silent', `${MANY} connections that say nothing`, { count: MANY, first: '', byte: '' }),
  keptAlive,
  slow('heads-by-the-byte', `${SOME} heads at a byte a second`, {
    count: SOME,
    first: 'GET /v1/estimates/',
    byte: 'x',
  }),
  slow('bodies-by-the-byte', `${SOME} bodies at a byte a second`, {
    count: SOME,
    first: `${BATCH}content-length: 60000\r\n\r\n`,
    byte: ' ',
  }),
  flood('header-flood', `${SOME} heads of 64 kB`, {
    sent: () => Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\n${HEADERS}\r\n`),
    status: 431,
  }),
  flood('bombs', `${SOME} compressed bodies of 60 kB that unfold to 60 MB`, { sent: bomb, status: 415 }),
  flood('long-bodies', `${SOME} bodies that say they have 10 GB`, {
    sent: () => Buffer.concat([Buffer.from(`${BATCH}content-length: 10000000000\r\n\r\n`), Buffer.alloc(200_000, ' ')]),
    status: 413,
  }),
  flood('deep-bodies', `${SOME} bodies nested 30,000 deep`, { sent: deep, status: 400 }),
];
