/** Where the twin keeps the text of a home's answer: a plain key, as one would have it without buckets. */
export const twinKeyOf = (propertyId: string): string => `twin:${propertyId}`;
