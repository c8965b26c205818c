import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from '@jest/globals';
import { Problem } from './problem.ts';
import { answerAsStream, type StreamedAnswer, type StreamPorts } from './stream-answer.ts';
import { ndjson } from './stream-format.ts';

test('a stream that is refused because too many are open keeps nothing at its connection, which may ask again for hours', async () => {
  const socket = new EventEmitter();
  const raw = new EventEmitter();
  const streams = {
    open: () => 0,
    enter(): never {
      throw new Problem('overloaded');
    },
  };
  const question = { propertyIds: ['p1'], role: 'agent', deadlineMs: 1_000 };
  const refused = answerAsStream(
    { socket, headers: {} } as unknown as FastifyRequest,
    { raw } as unknown as FastifyReply,
    { route: 'batch', format: ndjson, question, event: 'result', endMembers: {} } as unknown as StreamedAnswer,
    { streams } as unknown as StreamPorts,
  );
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'overloaded' }));
  expect([socket.listenerCount('close'), raw.listenerCount('error')]).toEqual([0, 0]);
});
