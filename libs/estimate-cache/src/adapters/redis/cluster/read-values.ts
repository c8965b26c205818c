import { bucketOrThrow, BUCKETS } from '../../../checked-bucket.ts';
import { valuesOf } from '../pipeline-results.ts';
import type { Found, Take } from '../read-command.ts';
import type { ValuesText } from '../read-text.ts';
import { cacheErrorOf } from '../redis-errors.ts';
import { NodeRead, type BucketReply } from './node-read.ts';
import { ReadOneValue } from './read-one-value.ts';
import type { ValueNodes } from './value-nodes.ts';

const NO_PLACE = -1;

/** Homes of several buckets: one pipeline for each node, side by side. */
class ValuesBatch<T> {
  readonly promise: Promise<T>;
  readonly #nodes: ValueNodes;
  readonly #propertyIds: readonly string[];
  readonly #text: ValuesText;
  readonly #take: Take<T>;
  readonly #found: Found[];
  /** The first place of each bucket; after each place the next one of its bucket. Lists for all would be half of the work. */
  readonly #first = new Array<number>(BUCKETS).fill(NO_PLACE);
  readonly #next: number[];
  readonly #homes = new Array<number>(BUCKETS).fill(0);
  /** Places that are to be asked for one by one. */
  readonly #again: number[] = [];
  readonly #reads: NodeRead[] = [];
  #waiting = 0;
  #resolve!: (answer: T | PromiseLike<T>) => void;
  #reject!: (error: Error) => void;

  /** @throws {BadCacheEntry} for an id that is none */
  constructor(nodes: ValueNodes, propertyIds: readonly string[], text: ValuesText, take: Take<T>) {
    this.#nodes = nodes;
    this.#propertyIds = propertyIds;
    this.#text = text;
    this.#take = take;
    this.#found = new Array<Found>(propertyIds.length).fill(null);
    this.#next = new Array<number>(propertyIds.length).fill(NO_PLACE);
    for (let place = propertyIds.length - 1; place >= 0; place -= 1) {
      const bucket = bucketOrThrow(propertyIds[place] as string);
      this.#next[place] = this.#first[bucket] as number;
      this.#first[bucket] = place;
      this.#homes[bucket] = (this.#homes[bucket] as number) + 1;
    }
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  send(): Promise<T> {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      if ((this.#homes[bucket] as number) > 0) this.#ask(bucket);
    }
    this.#waiting = this.#reads.length;
    for (const read of this.#reads) read.node.reads.send(read);
    if (this.#waiting === 0) this.#finish();
    return this.promise;
  }

  #ask(bucket: number): void {
    const node = this.#nodes.ownerOf(bucket);
    if (node === undefined) return this.#askAgainFor(bucket);
    let read = this.#reads.find((each) => each.node === node);
    if (read === undefined) this.#reads.push((read = new NodeRead(node, this.promise, this.#note)));
    const places = { propertyIds: this.#propertyIds, first: this.#first[bucket] as number, next: this.#next };
    read.add(bucket, this.#text.ofBucket(bucket, this.#homes[bucket] as number, places));
  }

  #askAgainFor(bucket: number): void {
    for (let place = this.#first[bucket] as number; place !== NO_PLACE; place = this.#next[place] as number) {
      this.#again.push(place);
    }
  }

  readonly #note = (read: NodeRead, bucket: number, reply: BucketReply): void => {
    if (reply instanceof Error && this.#nodes.heard(reply, read.node)) this.#askAgainFor(bucket);
    else this.#keep(bucket, reply);
    if (read.isWaiting) return;
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#finish();
  };

  #keep(bucket: number, reply: BucketReply): void {
    const isList = Array.isArray(reply);
    let place = this.#first[bucket] as number;
    for (let i = 0; place !== NO_PLACE; i += 1) {
      this.#found[place] = ((isList ? reply[i] : reply) as Found | undefined) ?? null;
      place = this.#next[place] as number;
    }
  }

  #finish(): void {
    try {
      this.#resolve(this.#again.length === 0 ? this.#take(valuesOf(this.#found)) : this.#askAgain());
    } catch (error) {
      this.#reject(error instanceof Error ? error : cacheErrorOf(error));
    }
  }

  async #askAgain(): Promise<T> {
    const [read] = this.#reads;
    const keys = this.#text.keysOf(this.#again.map((place) => this.#propertyIds[place] as string));
    const found = await this.#nodes.askOneByOne(keys, read === undefined ? null : read.endsAt - performance.now());
    this.#again.forEach((place, i) => (this.#found[place] = found[i] ?? null));
    return await this.#take(valuesOf(this.#found));
  }
}

/**
 * Reads values where they are thought to be: one pipeline for each node, side by side. What a node did not answer for (a slot
 * that has moved, or is on its way: MGET of keys on both sides is refused), and what belongs to a node that is not connected,
 * is asked for once more, one key at a time.
 *
 * @throws {BadCacheEntry} at once, for an id that is none
 */
export function readValues<T>(
  nodes: ValueNodes,
  propertyIds: readonly string[],
  text: ValuesText,
  take: Take<T>,
): Promise<T> {
  const [only] = propertyIds;
  if (propertyIds.length !== 1 || only === undefined) return new ValuesBatch(nodes, propertyIds, text, take).send();
  const node = nodes.ownerOf(bucketOrThrow(only));
  if (node === undefined) {
    return nodes.askOneByOne(text.keysOf(propertyIds), null).then((found) => take(valuesOf(found)));
  }
  const read = new ReadOneValue(nodes, { node, propertyIds, text }, take);
  node.reads.send(read);
  return read.promise;
}
