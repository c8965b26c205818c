/** The backing services, in the order in which they are reported. */
export const serviceNames = ['kafka', 'registry', 'redis', 'postgres'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** The variable that gives each service's address, to us and from us to the apps. */
export const addressVariables = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  redis: 'REDIS_URL',
  postgres: 'DATABASE_URL',
} as const satisfies Record<ServiceName, string>;

/** Where a service was found, and why there; `address` is fit for printing (no password in it). */
export interface Choice {
  service: ServiceName;
  source: 'environment' | 'container' | 'process';
  address: string;
  reason: string;
}

/** A service that answers. `stop` ends only what this stack started. */
export interface RunningService {
  choice: Choice;
  /** The address as an app needs it, with the password if there is one. */
  address: string;
  stop(): Promise<void>;
}

/** One step of a start, for whoever draws the progress. */
export interface Progress {
  service: ServiceName | 'java';
  phase: 'probing' | 'downloading' | 'starting' | 'ready' | 'stopping' | 'note';
  detail: string;
}
export type ReportProgress = (step: Progress) => void;

/** The address without user and password. */
export function printable(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//');
}
