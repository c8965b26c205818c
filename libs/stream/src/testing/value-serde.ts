import type { Serde, Topic } from '../port.ts';

/**
 * A serde for tests of tasks that do not care about bytes: values pass as they are, cloned, so that a task that changes its input or a sent
 * output is caught. Bytes that it did not encode itself cannot be decoded.
 */
export function createValueSerde(): Serde {
  const values = new WeakMap<Buffer, unknown>();
  return {
    encode<V>(_topic: Topic<V>, value: V): Buffer {
      const bytes = Buffer.alloc(1);
      values.set(bytes, structuredClone(value));
      return bytes;
    },
    decode<V>(topic: Topic<V>, bytes: Buffer): V {
      if (!values.has(bytes)) throw new Error(`these bytes are no value of ${topic.name}`);
      return structuredClone(values.get(bytes)) as V;
    },
  };
}
