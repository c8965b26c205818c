import type { FastifyReply } from 'fastify';

/** Every refusal of the simulator, with its status. The codes are stable. */
export const problems = {
  'bad-api-key': 401,
  'bad-json': 400,
  'bad-body': 400,
  'no-property-ids': 400,
  'too-many-property-ids': 400,
  'bad-property-id': 400,
  'bad-request': 400,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'rate-limited': 429,
  'not-found': 404,
  'too-many-homes': 422,
  'simulated-fault': 503,
  'internal-error': 500,
} as const;

export type ProblemCode = keyof typeof problems;

/** Sends an RFC 9457 problem document. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  status: number = problems[code],
): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: code.replaceAll('-', ' '), status, code, detail }));
}
