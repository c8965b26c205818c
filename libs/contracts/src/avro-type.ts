import avro from 'avsc';
import { ContractError } from './errors.ts';

/** The part of avsc's reader that it does not type. */
interface Tap {
  pos: number;
  readonly buf: Buffer;
  readLong(): number;
  readString(): string;
  skipString(): void;
}

interface Part {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/** Varints up to this length hold less than 2^53 and fit a number's own arithmetic. */
const PLAIN_VARINT_BYTES_MAX = 7;

function readVarint(bytes: Buffer): number {
  if (bytes.length > PLAIN_VARINT_BYTES_MAX) return readWideVarint(bytes);
  let zigzag = 0;
  let weight = 1;
  for (const byte of bytes) {
    zigzag += (byte & 0x7f) * weight;
    weight *= 128;
  }
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

function readWideVarint(bytes: Buffer): number {
  let zigzag = 0n;
  bytes.forEach((byte, at) => (zigzag |= BigInt(byte & 0x7f) << BigInt(7 * at)));
  const value = Number((zigzag >> 1n) ^ -(zigzag & 1n));
  if (Number.isSafeInteger(value)) return value;
  throw new ContractError('VALUE_OUT_OF_RANGE', 'a long lies beyond ±(2^53 - 1)');
}

/** Shared: avsc copies what it is given at once. */
const varint = Buffer.allocUnsafe(10);

function writeVarint(value: number): Buffer {
  // Up to 2^52 the doubled number is exact; beyond, and for the minus one of negatives, BigInt is.
  if (value < 0 || value > 2 ** 52) return writeWideVarint(value);
  let zigzag = value * 2;
  let end = 0;
  for (; zigzag > 0x7f; zigzag = Math.floor(zigzag / 128)) varint[end++] = (zigzag % 128) | 0x80;
  varint[end++] = zigzag;
  return varint.subarray(0, end);
}

function writeWideVarint(value: number): Buffer {
  let zigzag = value >= 0 ? BigInt(value) << 1n : (-BigInt(value) << 1n) - 1n;
  let end = 0;
  for (; zigzag > 0x7fn; zigzag >>= 7n) varint[end++] = Number(zigzag & 0x7fn) | 0x80;
  varint[end++] = Number(zigzag);
  return varint.subarray(0, end);
}

/** avsc's own long refuses 2^53 - 1, which is a version that the contracts allow, and says no code for what is beyond. */
const long = avro.types.LongType.__with(
  {
    fromBuffer: readVarint,
    toBuffer: writeVarint,
    fromJSON: (value: number) => value,
    toJSON: (value: number) => value,
    isValid: (value: unknown) => Number.isSafeInteger(value),
    compare: (a: number, b: number) => Math.sign(a - b),
  },
  true,
);

/**
 * How many items the next block holds; 0 at the end. avsc believes the number: a few bad bytes that say 2^40 would keep
 * it busy until memory is gone. An item takes a byte at least, so a block cannot have more than there are bytes left.
 */
function blockSize(tap: Tap): { items: number; bytes: number | undefined } {
  const said = tap.readLong();
  const bytes = said < 0 ? tap.readLong() : undefined;
  const items = Math.abs(said);
  const left = tap.buf.length - tap.pos;
  if (items > left || (bytes !== undefined && (bytes < 0 || bytes > left)))
    throw new ContractError('BODY_INVALID', 'a block says that it is longer than the record');
  return { items, bytes };
}

function eachItem(tap: Tap, visit: () => void, skipBlock = false): void {
  for (let block = blockSize(tap); block.items > 0; block = blockSize(tap)) {
    if (skipBlock && block.bytes !== undefined) tap.pos += block.bytes;
    else for (let left = block.items; left > 0; left -= 1) visit();
  }
}

class BoundedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const type = this.itemsType as unknown as Part;
    const items: unknown[] = [];
    eachItem(tap, () => items.push(type._read(tap)));
    return items;
  }
  _skip(tap: Tap): void {
    const type = this.itemsType as unknown as Part;
    eachItem(tap, () => type._skip(tap), true);
  }
}

class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const type = this.valuesType as Part;
    const values: [string, unknown][] = [];
    eachItem(tap, () => values.push([tap.readString(), type._read(tap)]));
    return Object.fromEntries(values);
  }
  _skip(tap: Tap): void {
    const type = this.valuesType as Part;
    const skipEntry = () => {
      tap.skipString();
      type._skip(tap);
    };
    eachItem(tap, skipEntry, true);
  }
}

const kindOf = (schema: unknown): unknown =>
  typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : schema;

/** A compiled type: longs up to 2^53 - 1, arrays and maps that cannot be longer than their bytes, unions without wrappers. */
export function compileType(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, {
    wrapUnions: 'never',
    omitRecordMethods: true,
    typeHook: (part, options) => {
      const kind = kindOf(part);
      if (kind === 'long') return long;
      if (kind === 'array') return new BoundedArray(part, options);
      return kind === 'map' ? new BoundedMap(part, options) : undefined;
    },
  });
}
