export type FleetErrorCode = 'APP_DIED' | 'APP_NOT_READY' | 'APP_NOT_RUNNING' | 'BUILD_FAILED' | 'PORT_TAKEN';

/** A process of the fleet that is not as it should be. The message names it and ends with the tail of its log. */
export class FleetError extends Error {
  readonly code: FleetErrorCode;
  constructor(code: FleetErrorCode, message: string) {
    super(message);
    this.name = 'FleetError';
    this.code = code;
  }
}
