/** Every way in which an image cannot be made, as stable codes. */
export type ImageErrorCode =
  | 'APP_UNKNOWN'
  | 'BASE_NOT_PINNED'
  | 'BUNDLE_FAILED'
  | 'COMMAND_FAILED'
  | 'COMPOSE_MISSING'
  | 'ENGINE_NOT_UP'
  | 'IMAGE_REFUSED'
  | 'IMAGE_TOO_LARGE'
  | 'LOCK_CONFLICT'
  | 'LOCK_LACKS'
  | 'NOT_PINNED'
  | 'PARTS_INVALID';

/** A failure on the way from the sources to a container. The message says what was being done and how to go on. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;
  constructor(code: ImageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ImageError';
    this.code = code;
  }
}
