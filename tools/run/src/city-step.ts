import { generateCity, loadCity, type City } from '@porchlight/city';
import type { Stack } from '@porchlight/stack';
import { runStep, type Reporter } from './reporter.ts';

/** The seed of the standard city. */
export const CITY_SEED = 1;

const counted = (count: number) => count.toLocaleString('en-US');

/**
 * The city, in the property database and upstream. Loaded once: a second start finds it there; another number of homes is
 * another city, and the one before leaves the map.
 */
export async function cityStep(
  reporter: Reporter,
  { stack, simulatorUrl, homes }: { stack: Stack; simulatorUrl: string; homes: number },
): Promise<City> {
  return runStep(reporter, 'city', async (progress) => {
    const load = await loadCity({
      databaseUrl: stack.databaseUrl,
      simulatorUrl,
      homes,
      seed: CITY_SEED,
      onProgress: ({ step, done, total }) => progress(`${step}: ${counted(done)} of ${counted(total)}`),
    });
    const retired = load.retired > 0 ? `; ${counted(load.retired)} of another city left the map` : '';
    const summary = load.alreadyLoaded ? `${counted(homes)} homes, as they were` : `${counted(homes)} homes${retired}`;
    return { result: generateCity({ homes, seed: CITY_SEED }), summary };
  });
}
