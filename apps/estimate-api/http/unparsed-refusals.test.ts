import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../testing/eventually.ts';
import { answersIn } from '../testing/raw-http.ts';
import { KEEP_ALIVE_MS, REQUEST_TIMEOUT_MS } from './limits.ts';
import { createUnparsedRefusals } from './unparsed-refusals.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const UNPARSED = 'HTTP/1.1 503 Unparsed\r\ncontent-length: 2\r\n\r\nno';

/** A server that refuses its first request, and from then on those whom its keeper turns away; all else it answers with their body. */
async function bench() {
  const held: ServerResponse[] = [];
  const parsed: string[] = [];
  const requests: WeakRef<IncomingMessage>[] = [];
  const state = { refuses: true, holds: false, nowMs: 0 };
  const unparsed = createUnparsedRefusals({
    turnsAway: () => state.refuses,
    refusalOf: () => UNPARSED,
    now: () => state.nowMs,
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
    if (state.holds) held.push(response);
    else response.end(`${request.url} ${body}`);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    unparsed.parsed(request, response);
    parsed.push(request.url ?? '');
    requests.push(new WeakRef(request));
    if (parsed.length > 1) return void answer(request, response).catch(() => undefined); // who asks has gone
    unparsed.watch(request, response);
    response.writeHead(503).end('first');
  });
  let arrivedBytes = (): number => 0;
  server.on('connection', (socket: Socket) => void (arrivedBytes = () => socket.bytesRead));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  socket.setNoDelay(true);
  closers.push(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => void (bytes = Buffer.concat([bytes, chunk])));
  const answers = (): string[] => answersIn(bytes, false).map(({ status, body }) => `${status} ${body}`);
  /** Sends, and waits until so many answers have come in all. */
  const send = async (text: string, count: number): Promise<void> => {
    socket.write(text);
    await eventually(`${count} answers`, () => isWhole(bytes) && answers().length >= count);
  };
  /** Sends, and waits until it has been read. */
  const sendPart = async (text: string): Promise<void> => {
    const arrived = arrivedBytes() + Buffer.byteLength(text);
    socket.write(text);
    await eventually('it is read', () => arrivedBytes() === arrived);
  };
  return { socket, send, sendPart, answers, parsed, requests, state, held };
}

const isWhole = (bytes: Buffer): boolean => {
  try {
    const all = answersIn(bytes, false);
    return all.every(({ headers, body }) => body.length >= Number(headers['content-length'] ?? 0));
  } catch {
    return false;
  }
};

const get = (name: string, ...fields: string[]): string =>
  `${[`GET /v1/${name} HTTP/1.1`, 'host: a', ...fields].join('\r\n')}\r\n\r\n`;
const post = (name: string, body: string, length = body.length): string =>
  `POST /v1/${name} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n${body}`;

/** The first was refused by the parser, the second was let in by it: now it is certain where a request begins. */
async function certainBench() {
  const all = await bench();
  await all.send(get('one'), 1);
  all.state.refuses = false;
  await all.send(post('two', 'body'), 2);
  all.state.refuses = true;
  return all;
}

test('on a connection on which one was refused the next ones are, and no parser sees them', async () => {
  const { send, answers, parsed } = await certainBench();
  await send(get('three'), 3);
  await send(post('four', 'body'), 4);
  expect(answers()).toEqual(['503 first', '200 /v1/two body', '503 no', '503 no']);
  expect(parsed).toEqual(['/v1/one', '/v1/two']);
});

test('the first after the one that was refused is parsed whatever is said of it: that makes it certain', async () => {
  const { send, answers } = await bench();
  await send(get('one'), 1);
  await send(get('two'), 2);
  await send(get('three'), 3);
  expect(answers()).toEqual(['503 first', '200 /v1/two ', '503 no']);
});

test('who is not turned away is answered, body and all', async () => {
  const { send, answers, state } = await certainBench();
  await send(get('three'), 3);
  state.refuses = false;
  await send(post('four', 'x'.repeat(60_000)), 4);
  expect(answers().slice(2)).toEqual(['503 no', `200 /v1/four ${'x'.repeat(60_000)}`]);
});

describe('a refusal is the answer to nothing else', () => {
  test('a body that comes in pieces and reads like a request is the body of the one that was refused', async () => {
    const { send, sendPart, answers, parsed, state } = await certainBench();
    const trap = get('trap');
    await send(post('three', '', 3 * trap.length), 3);
    for (const piece of [trap, trap, trap]) await sendPart(piece);
    state.refuses = false;
    await send(get('four'), 4);
    expect(answers().slice(2)).toEqual(['503 no', '200 /v1/four ']);
    expect(parsed).toEqual(['/v1/one', '/v1/two', '/v1/four']);
  });

  test('and of the one that was let in', async () => {
    const { socket, send, answers, parsed, state } = await certainBench();
    const trap = get('trap');
    state.refuses = false;
    socket.write(post('three', '', trap.length));
    await eventually('it was let in', () => parsed.includes('/v1/three'));
    state.refuses = true;
    await send(trap, 3);
    expect(answers()[2]).toBe(`200 /v1/three ${trap}`);
  });

  test('nor of a request whose head had begun before it was certain', async () => {
    const { send, answers, parsed } = await bench();
    await send(`${get('one')}GET /v1/two HTTP/1.1\r\nx: `, 1);
    await send(get('trap'), 2);
    await send(get('three'), 3);
    expect(answers()).toEqual(['503 first', '200 /v1/two ', '200 /v1/three ']);
    expect(parsed).toEqual(['/v1/one', '/v1/two', '/v1/three']);
  });

  test('while another answer is owed nobody is refused unparsed: answers have an order', async () => {
    const { socket, send, answers, parsed, state, held } = await certainBench();
    [state.refuses, state.holds] = [false, true];
    socket.write(get('three'));
    await eventually('it is under way', () => held.length === 1);
    [state.refuses, state.holds] = [true, false];
    socket.write(get('four'));
    await eventually('the next was parsed', () => parsed.includes('/v1/four'));
    held[0]?.end('late');
    await send('', 4);
    expect(answers().slice(2)).toEqual(['200 late', '200 /v1/four ']);
  });
});

describe('the parser decides, on this connection from then on', () => {
  test.each([
    ['two at once', get('three') + get('four'), ['200 /v1/three ', '200 /v1/four ']],
    [
      'chunks',
      'POST /v1/three HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      ['200 /v1/three x'],
    ],
  ])('%s', async (_, text, expected) => {
    const { send, answers } = await certainBench();
    await send(text, 2 + expected.length);
    await send(get('last'), 3 + expected.length);
    expect(answers().slice(2)).toEqual([...expected, '200 /v1/last ']);
  });

  test('a head in two pieces', async () => {
    const { send, sendPart, answers } = await certainBench();
    await sendPart(get('three').slice(0, 10));
    await send(get('three').slice(10), 3);
    await send(get('last'), 4);
    expect(answers().slice(2)).toEqual(['200 /v1/three ', '200 /v1/last ']);
  });
});

test('the body of one that was refused may take as long as any other, and is then cut off', async () => {
  const { socket, send, sendPart, state } = await certainBench();
  let isClosed = false;
  socket.once('close', () => (isClosed = true));
  await send(post('three', 'x', 10), 3);
  state.nowMs = REQUEST_TIMEOUT_MS - 1;
  await sendPart('x');
  expect(isClosed).toBe(false);
  state.nowMs = REQUEST_TIMEOUT_MS;
  socket.write('x');
  await eventually('it is cut off', () => isClosed);
});

test('a connection that is the parser’s again keeps nothing of its requests', async () => {
  const { send, requests } = await certainBench();
  await send(get('three') + get('four'), 4);
  for (let nth = 5; nth <= 40; nth += 1) await send(get(`${nth}`), nth);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Node itself keeps the last one of a connection.
  await eventually('they are collected', () => {
    collect();
    return requests.filter((request) => request.deref() !== undefined).length < 10;
  });
});
