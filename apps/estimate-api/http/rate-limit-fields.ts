import type { FastifyReply } from 'fastify';
import type { Account } from '../limits/port.ts';

const MS_PER_SECOND = 1_000;

/** Whole seconds, never less than it takes. */
export const secondsUntil = (ms: number): number => Math.max(1, Math.ceil(ms / MS_PER_SECOND));

/**
 * Tells a caller what it may still ask.
 *
 * @source draft-ietf-httpapi-ratelimit-headers-11: structured fields, the policy's name as a String, whole seconds
 */
export function tellLimit(reply: FastifyReply, account: Account, windowSeconds: number): void {
  const { name, units } = account.policy;
  const left = account.left();
  reply.header('ratelimit-policy', `"${name}";q=${units};w=${windowSeconds}`);
  reply.header('ratelimit', `"${name}";r=${left.units};t=${secondsUntil(left.endsInMs)}`);
}
