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

/** Who is looking, and who asks for them. */
export interface Viewer {
  readonly role: Role;
  /** Whose requests are counted together: the subject of a token. Null: nobody is named, and the address is counted. Never logged. */
  readonly caller: string | null;
  /** A service that may render for others (scope estimates:act-as): it asks more often than a person. */
  readonly isService: boolean;
}

/**
 * Who is looking, from a request's headers. Answers at once where nothing has to be verified.
 *
 * @param mayVerify asked right before a signature is looked at, which costs; what it throws is thrown
 * @throws {ViewerRefused}
 */
export type ViewerOf = (headers: IncomingHttpHeaders, mayVerify?: () => void) => Viewer | Promise<Viewer>;

/** Somebody of whom nothing is known but a role. */
export const stranger = (role: Role): Viewer => ({ role, caller: null, isService: false });

/** Names the role that a service renders for. */
export const VIEWER_ROLE_HEADER = 'x-viewer-role';

/** @returns the header's only value; undefined if it is absent */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
