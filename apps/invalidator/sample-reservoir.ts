/** A fair draw of at most `max` of all that were offered since it was emptied last, whatever their number. */
export class SampleReservoir<T> {
  readonly #max: number;
  readonly #random: () => number;
  #kept: T[] = [];
  #offered = 0;

  /** @param random  uniform in [0, 1) */
  constructor(max: number, random: () => number) {
    this.#max = max;
    this.#random = random;
  }

  offer(item: T): void {
    this.#offered += 1;
    if (this.#kept.length < this.#max) {
      this.#kept.push(item);
      return;
    }
    const at = Math.floor(this.#random() * this.#offered);
    if (at < this.#max) this.#kept[at] = item;
  }

  /** What was drawn; it is empty afterwards. */
  take(): T[] {
    const taken = this.#kept;
    this.#kept = [];
    this.#offered = 0;
    return taken;
  }
}
