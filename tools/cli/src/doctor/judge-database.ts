import { DatabaseTooOld, POSTGRES_MAJOR_MIN } from '@porchlight/property-catalog';
import { failed, passed, type Finding } from './finding.ts';

/** @param serverVersion as PostgreSQL's `server_version` says it: `16.3`, `18beta1`, `16.3 (Debian 16.3-1)` */
export function judgeDatabaseVersion(serverVersion: string): Finding {
  const major = Number.parseInt(serverVersion, 10);
  if (Number.isNaN(major))
    return failed('database', 'answers, and does not say its version', 'is it PostgreSQL? Mend DATABASE_URL');
  return major < POSTGRES_MAJOR_MIN
    ? failed(
        'database',
        new DatabaseTooOld(major).message,
        'upgrade it (pg_upgrade, or a new server), or mend DATABASE_URL',
      )
    : passed('database', `PostgreSQL ${serverVersion} answers`);
}
