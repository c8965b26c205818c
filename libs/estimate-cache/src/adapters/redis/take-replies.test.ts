import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { takeReplies } from './take-replies.ts';

type Reply = { readonly wire: string; readonly isRead: boolean; readonly found?: unknown };

/** A connection as ioredis keeps it: its decoder gets what is handed on, and answers the first command for each whole reply. */
function connection(status: 'ready' | 'connecting' = 'ready') {
  const stream = new EventEmitter();
  const queue: { command: object }[] = [];
  const answered: unknown[] = [];
  const handedOn: string[] = [];
  const decode = (bytes: Buffer): void => {
    handedOn.push(bytes.toString('latin1'));
    if (!bytes.toString('latin1').startsWith('>')) queue.shift();
  };
  const open = (): void => {
    stream.on('data', decode);
  };
  const commandQueue = {
    get length() {
      return queue.length;
    },
    peekFront: () => queue[0],
    shift: () => queue.shift(),
  };
  const redis = Object.assign(new EventEmitter(), { stream, status, commandQueue });
  if (status === 'ready') open();
  takeReplies(redis as unknown as Redis);
  const ask = ({ isRead }: Reply): void => {
    const read = { isRawRead: true, resolve: (found: unknown) => answered.push(found) };
    queue.push({ command: isRead ? read : { name: 'other' } });
  };
  const receive = (wire: string): boolean => stream.emit('data', Buffer.from(wire, 'latin1'));
  return { redis, stream, open, decode, ask, receive, queue, answered, handedOn };
}

const bulk = (text: string | null): string => (text === null ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`);
const list = (items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`;
const textOf = (found: unknown): unknown =>
  Array.isArray(found) ? found.map(textOf) : found instanceof Buffer ? found.toString('latin1') : found;

/** Bytes of any kind, and above all those that end a line. */
const bytes = fc.array(fc.constantFrom('a', '\r', '\n', '\r\n', '$1\r\n', '*2\r\n', '\u00ff'), { maxLength: 8 });
const value = fc.option(
  bytes.map((all) => all.join('')),
  { nil: null },
);
const reads: fc.Arbitrary<Reply> = fc.oneof(
  value.map((found) => ({ wire: bulk(found), isRead: true, found })),
  fc.constant({ wire: '_\r\n', isRead: true, found: null }),
  fc.array(value, { maxLength: 6 }).map((found) => ({ wire: list(found.map(bulk)), isRead: true, found })),
  fc.array(value, { maxLength: 3 }).map((found) => ({
    wire: list([...found.map(bulk), '_\r\n']),
    isRead: true,
    found: [...found, null],
  })),
);
const line = fc.constantFrom('+OK', '-ERR no', ':12', ':-3', '#t', ',1.5', '(123', '_');
const others: fc.Arbitrary<Reply> = fc.oneof(
  line.map((text) => ({ wire: `${text}\r\n`, isRead: false })),
  fc
    .array(
      fc.oneof(
        value.map(bulk),
        line.map((text) => `${text}\r\n`),
      ),
      { maxLength: 4 },
    )
    .map((items) => ({
      wire: list([...items, list(items), `%1\r\n+k\r\n${list(items)}`, '=5\r\ntxt:x\r\n', '*-1\r\n']),
      isRead: false,
    })),
);
/** What a server, or a proxy that lost one, says to a read instead of a value. */
const refusals: fc.Arbitrary<Reply> = fc.constantFrom(
  { wire: '-MOVED 1 127.0.0.1:1\r\n', isRead: true },
  { wire: '*2\r\n$1\r\na\r\n-upstream failure\r\n', isRead: true },
);

test('whatever comes in whatever pieces: each read gets its values, and ioredis all that is not a value, whole and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(reads, others, refusals), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(60), { maxLength: 40 }),
      (replies, sizes) => {
        const { ask, receive, queue, answered, handedOn } = connection();
        replies.forEach(ask);
        let wire = replies.map((reply) => reply.wire).join('');
        for (const size of sizes) {
          if (size > 0 && wire !== '') receive(wire.slice(0, size));
          wire = wire.slice(size);
        }
        if (wire !== '') receive(wire);
        expect(answered.map(textOf)).toEqual(replies.flatMap(({ found }) => (found === undefined ? [] : [found])));
        expect(handedOn).toEqual(replies.filter(({ found }) => found === undefined).map((reply) => reply.wire));
        expect(queue).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('replies that come byte by byte are the same', () => {
  const replies: Reply[] = [
    { wire: '*0\r\n', isRead: true, found: [] },
    { wire: bulk(null), isRead: true, found: null },
    { wire: list([bulk('one'), bulk(null), bulk('')]), isRead: true, found: ['one', null, ''] },
    { wire: ':1\r\n', isRead: false },
    { wire: '_\r\n', isRead: true, found: null },
  ];
  const { ask, receive, answered, handedOn } = connection();
  replies.forEach(ask);
  for (const byte of replies.map(({ wire }) => wire).join('')) receive(byte);
  expect(answered.map(textOf)).toEqual([[], null, ['one', null, ''], null]);
  expect(handedOn).toEqual([':1\r\n']);
});

test('what the server says unasked goes to ioredis, and a read behind it gets its own', () => {
  const { ask, receive, answered, handedOn } = connection();
  ask({ wire: '', isRead: true });
  receive('>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n$1\r\nv\r\n');
  expect([handedOn, answered.map(textOf)]).toEqual([['>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n'], ['v']]);
});

test('what is no reply at all is left to ioredis with all that follows', () => {
  const { ask, receive, answered, handedOn } = connection();
  ask({ wire: '', isRead: true });
  receive('HTTP/1.1 400 Bad Request\r\n');
  receive('$1\r\nv\r\n');
  expect([handedOn, answered]).toEqual([['HTTP/1.1 400 Bad Request\r\n', '$1\r\nv\r\n'], []]);
});

test('a list that is said to be longer than any can be brings nothing down, and is waited for like any that is not whole', () => {
  const { ask, receive, answered, handedOn } = connection();
  ask({ wire: '', isRead: true });
  expect(() => receive('*4294967296\r\n')).not.toThrow();
  expect(() => receive('$1\r\nv\r\n')).not.toThrow();
  expect([handedOn, answered]).toEqual([[], []]);
});

test('the next connection is read from its beginning, and one that was under way when we came is left to ioredis', () => {
  const { redis, open, ask, receive, answered, handedOn, stream, decode } = connection('connecting');
  open();
  ask({ wire: '', isRead: true });
  receive('$1\r\nv\r\n');
  expect([handedOn, answered]).toEqual([['$1\r\nv\r\n'], []]);
  stream.removeListener('data', decode);
  open();
  redis.emit('connect');
  ask({ wire: '', isRead: true });
  receive('$1\r\n');
  receive('w\r\n');
  expect([handedOn.length, answered.map(textOf)]).toEqual([1, ['w']]);
});
