import type { KafkaStreamAppOptions } from './adapters/kafkajs/kafkajs-app-options.ts';
import { StreamError } from './errors.ts';
import type { StreamApp } from './port.ts';

/** The Kafka clients that an app can run on; `platformatic` is experimental. */
export const kafkaClients = ['kafkajs', 'platformatic'] as const;
export type KafkaClient = (typeof kafkaClients)[number];

/** How a group agrees on who reads what; `consumer` is KIP-848, where the broker assigns. */
export const groupProtocols = ['classic', 'consumer'] as const;
export type GroupProtocol = (typeof groupProtocols)[number];

/** What kafkajs cannot do. */
export interface MembershipOptions {
  /** One group speaks one of them. Default: classic. */
  readonly groupProtocol?: GroupProtocol;
  /** Static membership: a name of this process, unique in the group, that survives its restart. Default: none. */
  readonly instanceId?: string;
}

export type StreamAppOptions = KafkaStreamAppOptions & MembershipOptions & { readonly client: KafkaClient };

/**
 * A stream app on the client of choice, which is loaded here and not before: @platformatic/kafka costs 55 MB and more than a second.
 *
 * @throws {StreamError} BAD_SETTING, also for a membership that the client does not know; DUPLICATE_INPUT
 */
export async function createStreamApp({ client, ...options }: StreamAppOptions): Promise<StreamApp> {
  if (client === 'platformatic') {
    const { createPlatformaticStreamApp } = await import('./adapters/platformatic/platformatic-app.ts');
    return createPlatformaticStreamApp(options);
  }
  const { groupProtocol = 'classic', instanceId, ...rest } = options;
  if (groupProtocol !== 'classic' || instanceId !== undefined)
    throw new StreamError('BAD_SETTING', 'crash', 'kafkajs knows the classic group protocol only, and no instance ids');
  const { createKafkaStreamApp } = await import('./adapters/kafkajs/kafkajs-app.ts');
  return createKafkaStreamApp(rest);
}
