import { CliError } from '../cli-error.ts';

/**
 * @returns host, port and database: a URL without its user and password
 * @throws {CliError} DATABASE_URL_INVALID
 */
export function databasePlaceOf(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new CliError(
      'DATABASE_URL_INVALID',
      'DATABASE_URL is no address of PostgreSQL: postgres://user:password@host:5432/database',
    );
  return `${url.host === '' ? 'the local socket' : url.host}${url.pathname}`;
}
