export type NewAppErrorCode =
  'APP_EXISTS' | 'APP_NAME_INVALID' | 'CONCURRENT_INVALID' | 'ROW_PLACE_LOST' | 'TOPIC_UNKNOWN';

/** Why no app was made. Nothing has been written then. */
export class NewAppError extends Error {
  readonly code: NewAppErrorCode;
  constructor(code: NewAppErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'NewAppError';
    this.code = code;
  }
}
