/** Every problem that a caller can meet: a stable code, its HTTP status, and what it means. The README's table is printed from it. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not understood' },
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  'invalid-property-id': { status: 400, title: 'A property id is 1 to 64 letters, digits, hyphens and underscores' },
  'too-many-ids': { status: 400, title: 'At most 500 property ids are answered at once' },
  'invalid-deadline': { status: 400, title: 'deadlineMs is a whole number from 0 to 5000' },
  'invalid-limit': { status: 400, title: 'limit is a whole number from 1 to 5000' },
  'invalid-zoom': { status: 400, title: 'zoom is a whole number from 0 to 22' },
  'invalid-viewer-role': { status: 400, title: 'x-viewer-role names a role that does not exist' },
  'viewport-not-a-number': { status: 400, title: 'west, south, east and north are numbers of degrees' },
  'bad-token': { status: 401, title: 'The token is not accepted' },
  'act-as-forbidden': { status: 403, title: 'Only a token with the scope estimates:act-as may name another role' },
  'unknown-property': { status: 404, title: 'There is no such property' },
  'unknown-route': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'not-acceptable': { status: 406, title: 'The answer is not to be had in a form that Accept names' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'body-too-large': { status: 413, title: 'The body is longer than the limit' },
  'unsupported-media-type': { status: 415, title: 'Bodies are application/json' },
  'unsupported-encoding': { status: 415, title: 'Bodies are sent as they are, without a content-encoding' },
  'viewport-beyond-latitude': { status: 422, title: 'The map ends at 85.0511 degrees north and south' },
  'viewport-beyond-longitude': { status: 422, title: 'Longitudes are from -180 to 180 degrees' },
  'viewport-empty': { status: 422, title: 'The viewport has no area' },
  'viewport-too-wide': { status: 422, title: 'The viewport is wider than 180 degrees' },
  'viewport-too-large': { status: 422, title: 'The viewport covers too many tiles' },
  'zoom-too-far': { status: 422, title: 'Homes are drawn from zoom 15 on; ask for density' },
  'rate-limited': { status: 429, title: 'Too much was asked; Retry-After says when to come again' },
  'header-too-large': { status: 431, title: 'The headers are longer than the limit' },
  internal: { status: 500, title: 'Something unplanned happened' },
  'catalog-unavailable': { status: 503, title: 'The list of homes cannot be read now' },
  'identity-unavailable': { status: 503, title: 'Tokens cannot be verified now' },
  overloaded: { status: 503, title: 'More is asked than can be answered in time; come again later' },
  stopping: { status: 503, title: 'This instance is stopping' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** An answer that is not the one hoped for. `detail` goes to the caller: never a value, a token, a session. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** What the document says besides. */
  readonly members: Readonly<Record<string, unknown>>;
  override readonly name = 'Problem';

  constructor(
    code: ProblemCode,
    detail: string = problems[code].title,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.code = code;
    this.members = members;
  }
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/**
 * The RFC 9457 document of a problem.
 *
 * @param requestId names this one occurrence; the same id stands in the log
 */
export function problemDocument({ code, message, members }: Problem, requestId: string): string {
  const { status, title } = problems[code];
  return JSON.stringify({
    type: `urn:porchlight:problem:${code}`,
    title,
    status,
    code,
    detail: message,
    instance: `urn:porchlight:request:${requestId}`,
    ...members,
  });
}

/** The table of the README. */
export function describeProblems(): string {
  const rows = Object.entries(problems).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  return ['| code | status | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
