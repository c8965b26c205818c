import type { CacheUnavailable } from '../../../errors.ts';
import { ReadCommand, type Take } from '../read-command.ts';
import type { ValuesText } from '../read-text.ts';
import { cacheErrorOf } from '../redis-errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { ValueNodes } from './value-nodes.ts';

interface Asked {
  readonly node: ClusterNode;
  /** One. */
  readonly propertyIds: readonly string[];
  readonly text: ValuesText;
}

/** A GET of one home, the commonest question: nothing is grouped for it. */
export class ReadOneValue<T> extends ReadCommand<T> {
  readonly #nodes: ValueNodes;
  readonly #asked: Asked;

  /** @param asked  one id, and the node that is thought to have its value */
  constructor(nodes: ValueNodes, asked: Asked, take: Take<T>) {
    super(1, asked.text.of(asked.propertyIds), take);
    this.#nodes = nodes;
    this.#asked = asked;
  }

  override reject(error: Error): void {
    if (!this.isWaiting) return;
    if (!this.#nodes.heard(error, this.#asked.node)) return this.fail(cacheErrorOf(error));
    const { text, propertyIds } = this.#asked;
    this.leaveTo(this.#nodes.askOneByOne(text.keysOf(propertyIds), this.endsAt - performance.now()));
  }

  override giveUp(error: CacheUnavailable): void {
    this.#nodes.heard(error, this.#asked.node);
    this.fail(error);
  }
}
