import { randomBytes } from 'node:crypto';
import type { Serde, Topic } from '../port.ts';

/**
 * A serde for tests of tasks that do not care about bytes: values pass as they are, cloned, so that a task that changes its input or a sent
 * output is caught. Bytes are a number that names the value; those of another cannot be decoded.
 */
export function createValueSerde(): Serde {
  const own = randomBytes(4).toString('hex');
  const values = new Map<string, unknown>();
  return {
    encode<V>(_topic: Topic<V>, value: V): Buffer {
      const name = `${own}/${values.size}`;
      values.set(name, structuredClone(value));
      return Buffer.from(name);
    },
    decode<V>(topic: Topic<V>, bytes: Buffer): V {
      const name = bytes.toString();
      if (!values.has(name)) throw new Error(`these bytes are no value of ${topic.name}`);
      return structuredClone(values.get(name)) as V;
    },
  };
}
