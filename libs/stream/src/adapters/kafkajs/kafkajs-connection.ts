import kafkajs from 'kafkajs';
import type { StreamLogger } from '../../log.ts';
import './kafkajs-patches.ts';
import { createKafkajsLog } from './kafkajs-log.ts';

/** How to reach a cluster. */
export interface KafkaConnection {
  /** host:port, one or more. */
  readonly brokers: readonly string[];
  /** Shown in the brokers' logs and quotas; stable per replica keeps assignments stable. */
  readonly clientId: string;
}

export interface ClientLimits {
  readonly connectMs: number;
  readonly requestMs: number;
  readonly retriesMax: number;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
}

/** @returns a client of its own: one for each role, because an HTTP publisher needs short timeouts and a consumer long ones */
export function createKafka(connection: KafkaConnection, limits: ClientLimits, log: StreamLogger): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    connectionTimeout: limits.connectMs,
    requestTimeout: limits.requestMs,
    retry: retryOf(limits),
    logLevel: kafkajs.logLevel.WARN,
    logCreator: createKafkajsLog(log),
  });
}

/** Spelt out whole: kafkajs has other defaults when NODE_ENV is `test`. */
export const retryOf = (limits: ClientLimits): kafkajs.RetryOptions => ({
  retries: limits.retriesMax,
  initialRetryTime: limits.retryFirstMs,
  maxRetryTime: limits.retryMostMs,
  factor: 0.2,
  multiplier: 2,
});
