import type { PlannedCall } from './planned-call.ts';

/** What the report needs of an answer. */
export interface ApiAnswer {
  httpStatus: number;
  /** The stable code of a problem document. */
  problemCode: string | undefined;
  /** Homes by status. */
  statuses: Record<string, number>;
  /** Restricted homes by the role that would see them. */
  requiredRoles: Record<string, number>;
  isTruncated: boolean;
}

interface Result {
  status?: unknown;
  requiredRole?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The results of a body: one for a single get, a list under `homes` for a map, each with the result in it or beside the place. */
function resultsIn(body: Record<string, unknown>): Result[] {
  const homes = body['homes'] ?? body['results'];
  if (!Array.isArray(homes)) return 'status' in body && 'propertyId' in body ? [body] : [];
  return homes.filter(isObject).map((home) => (isObject(home['result']) ? home['result'] : home));
}

const add = (counts: Record<string, number>, key: unknown): void => {
  if (typeof key === 'string') counts[key] = (counts[key] ?? 0) + 1;
};

/**
 * Reads an answer of estimate-api.
 *
 * @param text the body; one that is not JSON is a problem without a code
 */
export function readAnswer(kind: PlannedCall['kind'], httpStatus: number, text: string): ApiAnswer {
  const answer: ApiAnswer = { httpStatus, problemCode: undefined, statuses: {}, requiredRoles: {}, isTruncated: false };
  const body = parsed(text);
  if (!isObject(body)) return { ...answer, problemCode: 'not-json' };
  if (httpStatus === 404 && kind === 'single') add(answer.statuses, 'unknown');
  if (httpStatus !== 200)
    return { ...answer, problemCode: typeof body['code'] === 'string' ? body['code'] : 'no-code' };
  if (kind === 'density') return answer;
  for (const { status, requiredRole } of resultsIn(body)) {
    add(answer.statuses, status);
    if (status === 'restricted') add(answer.requiredRoles, requiredRole);
  }
  return { ...answer, isTruncated: body['truncated'] === true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
