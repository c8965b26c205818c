import { createHash } from 'node:crypto';

/** A number below `count` that is always the same for a name, and rarely the same for two: what keeps instances apart. */
export const numberOfName = (name: string, count: number): number =>
  createHash('sha256').update(name).digest().readUInt32BE(0) % count;
