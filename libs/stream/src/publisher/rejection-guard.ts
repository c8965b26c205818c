import { errorOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';

/**
 * Keeps a process alive through a rejection that kafkajs forgets to handle when a broker goes away and comes back (tulios/kafkajs#1686). Any other
 * unhandled rejection still ends the process, as it does without this guard.
 *
 * @param onGuarded  counts what was kept from ending the process
 * @returns          a function that takes the guard away
 */
export function installRejectionGuard(log: StreamLogger, onGuarded: () => void = () => undefined): () => void {
  const guard = (reason: unknown): void => {
    const { name } = errorOf(reason);
    if (!name.startsWith('KafkaJS')) throw reason;
    onGuarded();
    log.warn('kafkajs left a rejection unhandled', { code: name });
  };
  process.on('unhandledRejection', guard);
  return () => void process.off('unhandledRejection', guard);
}
