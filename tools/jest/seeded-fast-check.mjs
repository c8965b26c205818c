// Jest resolves 'fast-check' to this file (jest.config.mjs), so the package itself is named by its place.
import fc from '../../node_modules/fast-check/lib/fast-check.js';

/**
 * A build must say the same of the same commit twice: properties draw from one seed, which `PORCHLIGHT_PROPERTY_SEED` changes
 * (an integer, or `random`). `npm run check -- properties` is what explores: another seed in each round.
 */
const SEED = 20_181_004;

const asked = process.env.PORCHLIGHT_PROPERTY_SEED ?? String(SEED);
if (asked !== 'random') {
  const seed = Number(asked);
  if (!Number.isInteger(seed)) throw new Error(`PORCHLIGHT_PROPERTY_SEED must be an integer or random, not ${asked}`);
  fc.configureGlobal({ seed });
}

export default fc;
