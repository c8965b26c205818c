import { Problem, type ProblemCode } from './problem.ts';
import { ViewerRefused } from '../viewer/viewer.ts';

/** What fastify tells of a request that does not fit its route's schema. */
interface Misfit {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

const SHOWN_MAX = 80;

/** Errors of the framework and of what lies behind the routes, by their codes. */
const knownProblems: Readonly<Record<string, ProblemCode>> = {
  CATALOG_UNAVAILABLE: 'catalog-unavailable',
  TOO_MANY_TILES: 'viewport-too-large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_BAD_URL: 'invalid-request',
  FST_ERR_ROUTE_REWRITE_NOT_STR: 'invalid-request',
};

/** Fields with a problem of their own. */
const fieldProblems: Readonly<Record<string, ProblemCode>> = {
  deadlineMs: 'invalid-deadline',
  limit: 'invalid-limit',
  zoom: 'invalid-zoom',
  west: 'viewport-not-a-number',
  south: 'viewport-not-a-number',
  east: 'viewport-not-a-number',
  north: 'viewport-not-a-number',
  propertyId: 'invalid-property-id',
};

/**
 * The problem behind an error, or null if the error is a bug of ours: then the caller learns nothing of it.
 *
 * @param part what was asked with, as `querystring` or `body`; its value names the id that is wrong
 */
export function problemOf(error: unknown, part: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (error instanceof ViewerRefused) return new Problem(error.code, error.message);
  const { code, statusCode, validation } = error as { code?: string; statusCode?: number; validation?: Misfit[] };
  if (validation?.[0] !== undefined) return misfitProblem(validation[0], part);
  const known = code === undefined ? undefined : knownProblems[code];
  if (known !== undefined) return new Problem(known);
  // What is left of the framework's own 4xx: a body that ends early, a length that does not fit.
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? new Problem('invalid-request') : null;
}

function misfitProblem({ keyword, instancePath, params, message }: Misfit, part: unknown): Problem {
  const path = instancePath.split('/').slice(1);
  const said = `${path.length === 0 ? 'the request' : path.join('.')} ${message ?? 'does not fit'}`;
  if (keyword === 'additionalProperties') {
    return new Problem('invalid-request', `${shownText(params?.additionalProperty)} is not a field of this call`);
  }
  if (keyword === 'required') return new Problem('invalid-request', said);
  if (path[0] === 'propertyIds') return idsProblem(keyword, path, part, said);
  const own = fieldProblems[path.at(-1) ?? ''];
  if (own === 'invalid-property-id') return new Problem(own, `${shownText(valueAt(part, path))} is not a property id`);
  return new Problem(own ?? 'invalid-request', said);
}

/** A malformed id fails the whole batch, and is named. */
function idsProblem(keyword: string, path: readonly string[], part: unknown, said: string): Problem {
  if (keyword === 'maxItems') return new Problem('too-many-ids');
  if (path.length < 2) return new Problem('invalid-request', said);
  return new Problem(
    'invalid-property-id',
    `${path.join('.')} is ${shownText(valueAt(part, path))}, which is not a property id`,
  );
}

function valueAt(part: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], part);
}

/** A value as a caller may see it again: short, and on one line. What holds others is not printed: it may be nested without end. */
function shownText(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}
