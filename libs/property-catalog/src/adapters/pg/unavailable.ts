import { CatalogUnavailable } from '../../catalog-unavailable.ts';

/**
 * SQLSTATE classes and codes that say "not now" rather than "this statement is wrong".
 * 08 connection, 53 resources, 57 operator intervention (shutdown, starting, statement timeout), 58 system, 28 and 3D a
 * server that is not set up for us, 40 deadlock or serialization, 25006 a replica, 3F000 and 42P01 not migrated yet.
 */
const CLASSES = ['08', '53', '57', '58', '28', '3D', '40'];
const CODES = ['25006', '3F000', '42P01'];

/** What Node says of a connection that cannot be had or broke. */
const SOCKET_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];

/** What pg says, which gives these no code. */
const DRIVER_TEXTS = [
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end',
];

const isPgCode = (code: string): boolean =>
  /^[0-9A-Z]{5}$/.test(code) && (CODES.includes(code) || CLASSES.some((each) => code.startsWith(each)));

/** The fields of an error, looked at rather than asked for by class: a test runner's errors come from another realm. */
interface Thrown {
  readonly message: string;
  readonly code?: unknown;
}

const isThrown = (error: unknown): error is Thrown =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

const codeOf = ({ code }: Thrown): string => (typeof code === 'string' ? code : '');

function isUnavailability(error: Thrown): boolean {
  const code = codeOf(error);
  if (isPgCode(code) || SOCKET_CODES.includes(code)) return true;
  return DRIVER_TEXTS.some((text) => error.message.startsWith(text));
}

/** Turns what the driver throws into CatalogUnavailable where waiting helps; a bug stays what it is. */
export function asCatalogError(error: unknown): unknown {
  if (error instanceof CatalogUnavailable || !isThrown(error) || !isUnavailability(error)) return error;
  const code = codeOf(error);
  // Where every address of a host refuses, there is only a code.
  return new CatalogUnavailable([error.message, code && `(${code})`].filter(Boolean).join(' '), { cause: error });
}
