import { createHash, timingSafeEqual } from 'node:crypto';
import { isRole } from '@porchlight/visibility';
import { headerOf, stranger, VIEWER_ROLE_HEADER, ViewerRefused, type ViewerOf } from './viewer.ts';

/** Carries what the gateway and we alone know. */
export const GATEWAY_SECRET_HEADER = 'x-gateway-secret';

/**
 * Viewers by a gateway that has looked at them already (AUTH_MODE=trusted-header): x-viewer-role is believed. Without it
 * `unregistered`.
 *
 * @param gatewaySecret if given, each request must carry it; without one, config has made sure that only this machine can call
 */
export function trustedViewerOf({ gatewaySecret }: { gatewaySecret: string | undefined }): ViewerOf {
  return (headers) => {
    if (gatewaySecret !== undefined && !isSame(headerOf(headers, GATEWAY_SECRET_HEADER) ?? '', gatewaySecret)) {
      throw new ViewerRefused('bad-token', 'the request does not come from the gateway');
    }
    const named = headerOf(headers, VIEWER_ROLE_HEADER);
    if (named === undefined) return stranger('unregistered');
    if (!isRole(named)) throw new ViewerRefused('invalid-viewer-role', 'x-viewer-role is not one of the four roles');
    return stranger(named);
  };
}

/** Takes as long whether the first character differs or the last: hashes have one length. */
function isSame(given: string, secret: string): boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(given), hashOf(secret));
}
