import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterView } from './cluster-view.adapter.ts';
import type { World } from './world.ts';
import type { OffsetSample } from './observation.ts';

const SAMPLE_EVERY_MS = 200;

/** Looks at the group's offsets again and again while faults happen; a look that no broker answers is left out. */
export class OffsetSampler {
  readonly samples: OffsetSample[] = [];
  readonly #view: ClusterView;
  readonly #names: { groupId: string; input: string; output: string };
  readonly #ended: Promise<void>;
  #stopped = false;
  #lastLook: Promise<unknown> = Promise.resolve();

  /** @param world  its signal ends it too */
  constructor({ view, signal }: World, names: { groupId: string; input: string; output: string }) {
    this.#view = view;
    this.#names = names;
    this.#ended = this.#run(signal);
  }

  /** Takes the last sample and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    await this.sample().catch(() => undefined);
  }

  /** One look at a time: of two that overlap the earlier may end later, and offsets would seem to go back. */
  sample(): Promise<OffsetSample> {
    const look = this.#lastLook.then(() => this.#look());
    this.#lastLook = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<OffsetSample> {
    const { groupId, input, output } = this.#names;
    const at = performance.now();
    const committed = await this.#view.committed(groupId, input);
    // After the offsets, never before: what the offsets stand for must lie below these ends.
    const outputEnds = await this.#view.ends(output);
    const inputEnds = await this.#view.ends(input);
    const sample = { at, committed, outputEnds, inputEnds };
    this.samples.push(sample);
    return sample;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!this.#stopped && !signal.aborted) {
      await this.sample().catch(() => undefined);
      await delay(SAMPLE_EVERY_MS);
    }
  }
}
