import { cityLife, type City } from '@porchlight/city';
import type { Stack } from '@porchlight/stack';
import { browse, homesOfCity, readStandardWorkload, type ViewerRole } from '@porchlight/traffic';
import { CITY_SEED } from './city-step.ts';
import type { Fleet } from './fleet.ts';
import { runStep, type Reporter } from './reporter.ts';

/** Some twenty people at a time: enough to see, and little enough to work beside. */
const SESSIONS_PER_MINUTE = 6;
const SEED = 1;
/** A real market of this size shows a sale in an hour and a half; ten times as fast there is something to see. */
const MARKET_SPEED = 10;

/** The token of each role, signed once: they live longer than a run is likely to. */
function tokensOf(fleet: Fleet): (role: ViewerRole) => Promise<string> | undefined {
  const signed = new Map<ViewerRole, Promise<string>>();
  return (role) => {
    if (role === 'unregistered') return undefined;
    const token = signed.get(role) ?? fleet.auth.token(role);
    signed.set(role, token);
    return token;
  };
}

/**
 * People begin to browse the city, as the standard workload has it but for their number.
 *
 * @returns ends it; resolves when the last call is cut off
 */
export async function startTraffic(
  reporter: Reporter,
  { fleet, city }: { fleet: Fleet; city: City },
): Promise<() => Promise<void>> {
  const end = new AbortController();
  return runStep(reporter, 'traffic', async () => {
    const workload = { ...readStandardWorkload().workload, sessionsPerMinute: SESSIONS_PER_MINUTE };
    const browsing = browse({
      apiUrl: fleet.apiUrl,
      seed: SEED,
      workload,
      homes: homesOfCity(city),
      tokenOf: tokensOf(fleet),
      signal: end.signal,
    });
    // It ends only when it is asked to; anything else is told, and everything else goes on.
    browsing.catch((thrown: unknown) => {
      if (!end.signal.aborted) reporter.note(`✗ the traffic ended: ${String(thrown)}`);
    });
    const stop = async () => {
      end.abort();
      await browsing.catch(() => undefined);
    };
    return { result: stop, summary: `${SESSIONS_PER_MINUTE} people a minute begin to browse` };
  });
}

/**
 * The market moves: sales, listings, overrides, rules and re-valuations, in the database and upstream.
 *
 * @returns ends it; resolves when the last change is done
 */
export async function startMarket(
  reporter: Reporter,
  { fleet, city, stack }: { fleet: Fleet; city: City; stack: Stack },
): Promise<() => Promise<void>> {
  const end = new AbortController();
  return runStep(reporter, 'market', async () => {
    const living = cityLife({
      databaseUrl: stack.databaseUrl,
      brokers: stack.kafkaBrokers.split(','),
      registryUrl: stack.schemaRegistryUrl,
      simulatorUrl: fleet.simulatorUrl,
      homes: city.homes,
      seed: CITY_SEED,
      speed: MARKET_SPEED,
      signal: end.signal,
    });
    living.catch((thrown: unknown) => {
      if (!end.signal.aborted) reporter.note(`✗ the market stands still: ${String(thrown)}`);
    });
    const stop = async () => {
      end.abort();
      await living.catch(() => undefined);
    };
    return { result: stop, summary: `moves ${MARKET_SPEED} times as fast as a real one` };
  });
}
