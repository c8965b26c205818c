import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';

/** An error of the client: it holds those that caused it, and a protocol error names what the broker said. */
interface ClientError extends Error {
  readonly code?: unknown;
  /** The broker's word, UPPER_SNAKE. */
  readonly apiId?: unknown;
  readonly canRetry?: unknown;
  readonly errors?: readonly unknown[];
}

const NESTED_MOST = 64;

/** Errors of the client itself that end with the outage that caused them: a request that timed out has the code of the network too. */
const OUTAGES: ReadonlySet<unknown> = new Set(['PLT_KFK_NETWORK', 'PLT_KFK_UNEXPECTED_CORRELATION_ID']);

/** What the broker does not call retriable, and what passes all the same: another's session ends, the next request has the new epoch. */
const PASSING: ReadonlySet<unknown> = new Set(['UNRELEASED_INSTANCE_ID', 'STALE_MEMBER_EPOCH']);

/** What the client says, as a mistake of its user, about a topic or a broker that may yet come. */
const NOT_THERE_YET = /^(Unknown topic|Cannot find broker with node id) /;

/** @returns the error and everything it was made of, the outermost first */
function layersOf(thrown: unknown): ClientError[] {
  const found: ClientError[] = [];
  const open: unknown[] = [thrown];
  while (open.length > 0 && found.length < NESTED_MOST) {
    const next = open.shift();
    if (!(next instanceof Error) || found.includes(next)) continue;
    const layer: ClientError = next;
    found.push(layer);
    open.push(...(layer.errors ?? []), layer.cause);
  }
  return found;
}

/** @returns what the broker said, UPPER_SNAKE; undefined for an error that no broker sent */
export function brokerSaid(thrown: unknown): string | undefined {
  const id = layersOf(thrown).find(({ apiId }) => typeof apiId === 'string')?.apiId;
  return typeof id === 'string' ? id : undefined;
}

/** May the same thing succeed later, with nothing changed here? One function decides, for consumer and producer alike. */
export function isOutage(thrown: unknown): boolean {
  const layers = layersOf(thrown);
  const said = layers.filter(({ apiId }) => typeof apiId === 'string');
  // The broker says which of its errors pass; an unknown topic is one of them: it may yet be created.
  if (said.length > 0) return said.every(({ apiId, canRetry }) => canRetry === true || PASSING.has(apiId));
  if (layers.some(({ code }) => code === 'PLT_KFK_AUTHENTICATION')) return false;
  return layers.some(({ code, message }) => OUTAGES.has(code) || NOT_THERE_YET.test(message));
}

/** @returns a short code for logs: the broker's word, the socket's, or the client's */
export function outageCode(thrown: unknown): string {
  const said = brokerSaid(thrown);
  if (said !== undefined) return said;
  const layers = layersOf(thrown);
  if (layers.some(({ message }) => message.startsWith('Unknown topic '))) return 'UNKNOWN_TOPIC_OR_PARTITION';
  const codes = layers.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
  return codes.find((code) => !code.startsWith('PLT_KFK_')) ?? codes.at(-1) ?? errorOf(thrown).name;
}

/** @returns the client's error as one of ours: an outage is waited for, a refusal stops the process */
export function asStreamError(thrown: unknown, doing: string): StreamError {
  if (thrown instanceof StreamError) return thrown;
  const cause = errorOf(thrown);
  return isOutage(cause)
    ? new StreamError('KAFKA_UNAVAILABLE', 'retry', `${doing}: ${outageCode(cause)}`, { cause })
    : new StreamError('KAFKA_REFUSED', 'crash', `${doing}: ${outageCode(cause)}: ${cause.message}`, { cause });
}
