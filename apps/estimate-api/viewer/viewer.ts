import type { IncomingHttpHeaders } from 'node:http';
import type { Role } from '@porchlight/visibility';

/** Why a viewer is not accepted; codes of the problem table. */
export type ViewerRefusal = 'bad-token' | 'act-as-forbidden' | 'invalid-viewer-role' | 'identity-unavailable';

export class ViewerRefused extends Error {
  readonly code: ViewerRefusal;
  override readonly name = 'ViewerRefused';

  /** @param detail for the caller; never a part of the token */
  constructor(code: ViewerRefusal, detail: string) {
    super(detail);
    this.code = code;
  }
}

/**
 * Who is looking, from a request's headers. Answers at once where nothing has to be verified.
 *
 * @throws {ViewerRefused}
 */
export type RoleOf = (headers: IncomingHttpHeaders) => Role | Promise<Role>;

/** Names the role that a service renders for. */
export const VIEWER_ROLE_HEADER = 'x-viewer-role';

/** @returns the header's only value; undefined if it is absent */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
