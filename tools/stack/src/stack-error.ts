/** Every way in which the backing services can fail to stand, as stable codes. */
export type StackErrorCode =
  | 'ADDRESS_UNREACHABLE'
  | 'CHECKSUM_MISMATCH'
  | 'DOWNLOAD_FAILED'
  | 'INSTANCE_BUSY'
  | 'INSTANCE_TAKEN'
  | 'PLATFORM_UNSUPPORTED'
  | 'SERVER_DIED'
  | 'SERVER_NOT_READY'
  | 'UNKNOWN_SERVICE';

/** A failure of the local stack. The message says what was being done and how to go on; it never holds a password. */
export class StackError extends Error {
  readonly code: StackErrorCode;
  constructor(code: StackErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StackError';
    this.code = code;
  }
}

/** The text of anything that was thrown, in one line. */
export function reasonOf(thrown: unknown): string {
  const text =
    thrown instanceof Error ? thrown.message || (thrown as NodeJS.ErrnoException).code || thrown.name : String(thrown);
  return text.split('\n')[0] ?? text;
}
