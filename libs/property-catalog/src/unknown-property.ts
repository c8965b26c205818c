/** A change to a home that is not in the map. A caller's bug or a feed that is ahead of the map: parked. */
export class UnknownProperty extends Error {
  override readonly name = 'UnknownProperty';
  readonly code = 'UNKNOWN_PROPERTY';
  readonly fate = 'park';

  constructor(propertyId: string) {
    super(`no home has the id ${propertyId}`);
  }
}
