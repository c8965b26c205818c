import type { InputPlace } from './observation.ts';

/** More offsets than a partition of a run ever has; a place is one number, because a set of a million texts is large. */
const OFFSETS_MAX = 2 ** 40;

/** A place in the input as one number, unique. */
export const placeOf = ({ partition, offset }: InputPlace): number => partition * OFFSETS_MAX + offset;

/** It again, for a person. */
export const tellPlace = (place: number): string => `${Math.floor(place / OFFSETS_MAX)}/${place % OFFSETS_MAX}`;
