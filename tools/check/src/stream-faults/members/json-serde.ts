import type { Serde, Topic } from '@porchlight/stream';

/** JSON; bytes that are none cannot be decoded, and are parked. */
export const jsonSerde: Serde = {
  encode: <V>(_topic: Topic<V>, value: V): Buffer => Buffer.from(JSON.stringify(value)),
  decode: <V>(_topic: Topic<V>, bytes: Buffer): V => JSON.parse(bytes.toString()) as V,
};
