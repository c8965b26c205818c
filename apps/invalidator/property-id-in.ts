const PROPERTY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @returns the home that a record's key names, or null if it names none */
export function propertyIdIn(key: Buffer | null): string | null {
  const text = key?.toString('utf8') ?? '';
  return PROPERTY_ID.test(text) ? text : null;
}
