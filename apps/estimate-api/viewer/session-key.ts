import { createHmac, randomBytes } from 'node:crypto';

const KEY_BYTES = 16;

/**
 * The key under which a viewer's events are grouped: an HMAC of the session id, so that nobody who reads topics or logs can
 * tell the id. Without a session id a random key, so that there is no history.
 *
 * @returns 22 characters of base64url
 */
export function sessionKeyOf(sessionId: string | undefined, hmacKey: string): string {
  if (sessionId === undefined || sessionId === '') return randomBytes(KEY_BYTES).toString('base64url');
  return createHmac('sha256', hmacKey).update(sessionId).digest().subarray(0, KEY_BYTES).toString('base64url');
}
