import type { Clock } from '@porchlight/clock';
import { parseFlags, type FlagsDocument } from './flags-document.ts';
import { flagsInForce, usualFlags, type FlagsInForce } from './flags-in-force.ts';
import { flagNames, type FlagName } from './flags.ts';
import type { FlagStore } from './flag-store.ts';

/**
 * What a reading of the store gave. `missing`: nothing lies there, or something older than what is in force. `restored`: so it was,
 * and what was read from it before was put back. `refused`: it is no document. `failed`: no answer. After each of these the last good one stays.
 */
export type FlagsReading = 'same' | 'changed' | 'missing' | 'restored' | 'refused' | 'failed';

/** Where the flags in force come from. */
export type FlagsOrigin = 'store' | 'file' | 'usual';

/** What happens to the flags of this process. `lost` and `found`: the store has no longer answered, and answers again. */
export type RolloutEvent =
  | { readonly kind: 'changed'; readonly flags: readonly FlagName[] }
  | { readonly kind: 'lost' }
  | { readonly kind: 'found' };

export interface FlagsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface FollowedFlagsPorts {
  readonly store: Pick<FlagStore, 'read' | 'replace'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: FlagsLog;
}

const changedBetween = (before: FlagsDocument, after: FlagsDocument): FlagName[] =>
  flagNames.filter((flag) => JSON.stringify(before.flags[flag]) !== JSON.stringify(after.flags[flag]));

/**
 * The flags in force, and what a reading of the store makes of them.
 *
 * Whatever the store says is in force, if it is a document. Otherwise the last good one stays: through a store that is away,
 * one that has forgotten (then it is put back, so that a process that starts now reads the same), a document that is none, and one
 * that is older than what was read before: a process that had not heard of the last change, or a replica that had not, put it back.
 */
export class FollowedFlags {
  readonly #ports: FollowedFlagsPorts;
  readonly #listeners = new Set<(event: RolloutEvent) => void>();
  #inForce: FlagsInForce = usualFlags;
  #origin: FlagsOrigin = 'usual';
  /** As the store had it: a file is one deployment's opinion, and is never put there. */
  #goodText: string | null = null;
  #refusedText: string | null = null;
  #readAt: number | null = null;
  #isLost = false;

  constructor(ports: FollowedFlagsPorts) {
    this.#ports = ports;
  }

  get inForce(): FlagsInForce {
    return this.#inForce;
  }

  get origin(): FlagsOrigin {
    return this.#origin;
  }

  /** UTC milliseconds of the last answer; null: none yet. */
  get readAt(): number | null {
    return this.#readAt;
  }

  /** @returns ends it */
  onEvent(listener: (event: RolloutEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads the store once. Never rejects. */
  async read(): Promise<FlagsReading> {
    let text: string | null;
    try {
      text = await this.#ports.store.read();
    } catch (error) {
      this.#lose(error);
      return 'failed';
    }
    this.#readAt = this.#ports.clock.now();
    this.#find();
    if (text === null || this.#isOlder(text)) return await this.#restore(text);
    if (text === this.#goodText) return 'same';
    return this.#take(text);
  }

  /** @throws {FlagsRefused} if the text is no document; nothing has changed then */
  adopt(text: string, origin: FlagsOrigin): void {
    const document = parseFlags(text);
    const changed = changedBetween(this.#inForce.document, document);
    this.#inForce = flagsInForce(document);
    this.#origin = origin;
    this.#ports.log.info({ origin, version: document.version, changed }, `flags in force: version ${document.version}`);
    this.#tell({ kind: 'changed', flags: changed });
  }

  #take(text: string): FlagsReading {
    try {
      this.adopt(text, 'store');
    } catch (error) {
      if (text !== this.#refusedText) {
        this.#ports.log.error({ error }, 'the document of flags is refused; the last good one stays in force');
      }
      this.#refusedText = text;
      return 'refused';
    }
    this.#goodText = text;
    this.#refusedText = null;
    return 'changed';
  }

  /** A Redis that keeps nothing on disk has restarted: those who start now must not be dealt out otherwise than we are. */
  async #restore(lying: string | null): Promise<FlagsReading> {
    if (this.#goodText === null) return 'missing';
    const isRestored = await this.#ports.store.replace(lying, this.#goodText).catch(() => false);
    if (!isRestored) return 'missing';
    const { version } = this.#inForce.document;
    const what = lying === null ? 'were gone from the store' : 'in the store were older than those in force';
    this.#ports.log.warn({ version }, `the flags ${what}; they were put back (to change them: npx porchlight flags)`);
    return 'restored';
  }

  /** Of an operator who begins anew, in a store that had forgotten, the version is lower and the change later: that is not older. */
  #isOlder(text: string): boolean {
    if (this.#goodText === null) return false;
    const { version, changedAt } = this.#inForce.document;
    try {
      const lying = parseFlags(text);
      return lying.version < version && lying.changedAt <= changedAt;
    } catch {
      return false; // refused as what it is
    }
  }

  #lose(error: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#ports.log.warn({ error }, 'the flags cannot be read; the last good ones stay in force');
    this.#tell({ kind: 'lost' });
  }

  #find(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#ports.log.info({}, 'the flags can be read again');
    this.#tell({ kind: 'found' });
  }

  #tell(event: RolloutEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
