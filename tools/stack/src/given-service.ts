import { probeKafka } from './probe/kafka.adapter.ts';
import { probePostgres } from './probe/postgres.adapter.ts';
import { probeRedis } from './probe/redis.adapter.ts';
import { probeRegistry } from './probe/registry.ts';
import { addressVariables, printable, type RunningService, type ServiceName } from './services.ts';
import { reasonOf, StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

/** A server that somebody names may be just starting: it gets this long to answer once. */
const GIVEN_MS = 5_000;

export const probes: Record<ServiceName, (address: string) => Promise<void>> = {
  kafka: (address) => probeKafka(address),
  registry: probeRegistry,
  redis: probeRedis,
  postgres: probePostgres,
};

/**
 * The service at the address that the environment gives. It is asked for real; an address that does not answer is an
 * error and never a reason to start another server: whoever named it means that one.
 *
 * @returns undefined when the environment names none
 * @throws {StackError} ADDRESS_UNREACHABLE
 */
export async function givenService(
  service: ServiceName,
  environment: NodeJS.ProcessEnv,
  withinMs = GIVEN_MS,
): Promise<RunningService | undefined> {
  const variable = addressVariables[service];
  const address = environment[variable]?.trim();
  if (!address) return undefined;
  let last: unknown;
  const ask = () =>
    probes[service](address).then(
      () => true,
      (thrown: unknown) => ((last = thrown), false),
    );
  if (await waitUntil(ask, { withinMs, pollMs: 250 })) {
    const choice = {
      service,
      source: 'environment' as const,
      address: printable(address),
      reason: `${variable} names it, and it answers`,
    };
    return { choice, address, stop: async () => undefined };
  }
  throw new StackError(
    'ADDRESS_UNREACHABLE',
    `${variable} names ${printable(address)}, but no usable ${service} answers there: ${reasonOf(last)}. ` +
      `Start that server, mend the address, or unset ${variable} to let Porchlight start one of its own.`,
    { cause: last },
  );
}
