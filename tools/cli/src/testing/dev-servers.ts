import { randomBytes } from 'node:crypto';

/** @returns an address that `npm test` sets @throws {Error} saying which is missing */
export function serverAddress(name: 'KAFKA_BROKERS' | 'SCHEMA_REGISTRY_URL' | 'REDIS_URL' | 'DATABASE_URL'): string {
  const address = process.env[name];
  if (address === undefined || address === '')
    throw new Error(`${name} is not set: npm test starts the servers and sets it`);
  return address;
}

/** @returns a name that no other test has, on servers that are shared */
export const ownName = (base: string): string => `test-${randomBytes(6).toString('hex')}.${base}`;
