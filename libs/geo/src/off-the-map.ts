/** A point that no tile covers. Parked: the same record would fail for ever. */
export class OffTheMap extends Error {
  readonly code = 'OFF_THE_MAP';
  readonly fate = 'park';
  override readonly name = 'OffTheMap';

  constructor(latitude: number, longitude: number) {
    super(`no tile covers latitude ${latitude}, longitude ${longitude}`);
  }
}
