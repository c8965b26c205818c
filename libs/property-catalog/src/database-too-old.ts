/** The oldest PostgreSQL that the migrations are written for. */
export const POSTGRES_MAJOR_MIN = 16;

/** The server is older than the migrations need; nothing was changed. No wait mends it. */
export class DatabaseTooOld extends Error {
  override readonly name = 'DatabaseTooOld';
  readonly code = 'DATABASE_TOO_OLD';
  readonly fate = 'crash';

  constructor(major: number) {
    super(`PostgreSQL ${POSTGRES_MAJOR_MIN} or newer is needed, and this is ${major}; nothing was changed`);
  }
}
