import { BUCKETS } from '../../../checked-bucket.ts';
import type { Found } from '../read-command.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { redirectionOf } from './redirection.ts';
import { slotOf } from './slot-of.ts';

const slotOfBucket = Array.from({ length: BUCKETS }, (_, bucket) => slotOf(`{${bucket}}`));

/**
 * Asks for keys one by one, each wherever it is now.
 *
 * @param leftMs  null: nothing was asked yet, all of the time is left
 * @returns       in the order asked; errors as values
 */
export type AskOneByOne = (keys: readonly string[], leftMs: number | null) => Promise<readonly Found[]>;

/** What a read of values has to do with the cluster. */
export class ValueNodes {
  readonly #nodes: Pick<ClusterNodes, 'ownerOf' | 'take' | 'lookAgain'>;
  readonly askOneByOne: AskOneByOne;

  constructor(nodes: Pick<ClusterNodes, 'ownerOf' | 'take' | 'lookAgain'>, askOneByOne: AskOneByOne) {
    this.#nodes = nodes;
    this.askOneByOne = askOneByOne;
  }

  /** Who has the homes of a bucket; undefined: nobody who is connected, as far as is known. */
  ownerOf(bucket: number): ClusterNode | undefined {
    const node = this.#nodes.ownerOf(slotOfBucket[bucket] as number);
    return node?.isOpen() === true ? node : undefined;
  }

  /**
   * Notes what a node said instead of an answer.
   *
   * @returns true: it did answer, only not here or not so (the slot has moved, or is on its way); ask for each key by itself
   */
  heard(error: Error, node: ClusterNode): boolean {
    if (error.name !== 'ReplyError') {
      this.#nodes.lookAgain();
      return false;
    }
    const redirection = redirectionOf(error, node.address);
    if (redirection !== null) this.#nodes.take(redirection);
    return true;
  }
}
