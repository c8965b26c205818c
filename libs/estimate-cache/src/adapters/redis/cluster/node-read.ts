import type { CacheUnavailable } from '../../../errors.ts';
import type { Found } from '../read-command.ts';
import { NO_ARGS, type RawRead } from '../read-line.ts';
import type { ClusterNode } from './cluster-node.ts';

/** What a node said of the homes of one bucket: the value, several of them, or an error. */
export type BucketReply = Found | readonly Found[];

/** What one node is asked of a batch: in one write a GET or an MGET for each bucket that it has. */
export class NodeRead implements RawRead {
  readonly name = 'mget';
  readonly args = NO_ARGS;
  readonly isRawRead = true;
  readonly node: ClusterNode;
  readonly promise: Promise<unknown>;
  isTraced = false;
  isWaiting = true;
  endsAt = 0;
  readonly #note: (read: NodeRead, bucket: number, reply: BucketReply) => void;
  readonly #buckets: number[] = [];
  #text = '';
  #answered = 0;

  /**
   * @param promise  of the whole batch
   * @param note     told of each bucket's reply; after the last one `isWaiting` is false
   */
  constructor(
    node: ClusterNode,
    promise: Promise<unknown>,
    note: (read: NodeRead, bucket: number, reply: BucketReply) => void,
  ) {
    this.node = node;
    this.promise = promise;
    this.#note = note;
  }

  get commands(): number {
    return this.#buckets.length;
  }

  add(bucket: number, text: string): void {
    this.#buckets.push(bucket);
    this.#text += text;
  }

  setReplyContext(): void {}

  toWritable(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  resolve(reply: BucketReply): void {
    if (!this.isWaiting) return;
    const bucket = this.#buckets[this.#answered] as number;
    this.#answered += 1;
    this.isWaiting = this.#answered < this.#buckets.length;
    this.#note(this, bucket, reply);
  }

  reject(error: Error): void {
    this.resolve(error);
  }

  giveUp(error: CacheUnavailable): void {
    while (this.isWaiting) this.resolve(error);
  }
}
