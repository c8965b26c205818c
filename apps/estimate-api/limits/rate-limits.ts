import { createHmac } from 'node:crypto';
import type { Clock } from '@porchlight/stream';
import type { Account, Policy, PolicyName, RateLimits, UnitStore } from './port.ts';

/** How long units may be known here alone: so much more than its limit may somebody have who asks several processes at once. */
export const SETTLE_MS = 100;

/** About 300 bytes each. Whoever comes above that takes the place of the one who has been there longest. */
export const ACCOUNTS_MAX = 20_000;

const KEY_BYTES = 16;

export interface RateLimitsOptions {
  readonly policies: readonly Policy[];
  readonly windowMs: number;
  readonly store: UnitStore;
  /** What callers and addresses are hashed with before they leave the process. */
  readonly hmacKey: string;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly accountsMax?: number;
}

/**
 * Limits that cost an answer nothing: who may ask is decided from memory, and the units are counted in the fleet's store behind
 * the answers, at once for somebody who is new here and every SETTLE_MS after. The store says what the others have counted.
 * The counting itself, its windows and its fallback are the store's.
 */
export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { policies, accountsMax = ACCOUNTS_MAX } = options;
  const limited = new Map(policies.filter(({ units }) => units > 0).map((policy) => [policy.name, policy]));
  const accounts = new Map<string, Ledger>();
  const settler = createSettler(options);

  const open = (policy: Policy, who: string, name: string): Ledger => {
    const [oldest] = accounts.values();
    if (accounts.size >= accountsMax && oldest !== undefined) {
      accounts.delete(oldest.name);
      void settler.drop(oldest);
    }
    const ledger = new Ledger({ policy, name, key: keyOf(policy.name, who, options.hmacKey), settler, ...options });
    accounts.set(name, ledger);
    return ledger;
  };
  return {
    accountOf(policyName, who) {
      const policy = limited.get(policyName);
      if (policy === undefined) return null;
      const name = `${policyName} ${who}`;
      return accounts.get(name) ?? open(policy, who, name);
    },
    settled: () => settler.settled(),
    stop: () => settler.stop(),
  };
}

/** @returns 22 characters of base64url; other than any other hash that is made with this key */
const keyOf = (policy: PolicyName, who: string, hmacKey: string): string =>
  createHmac('sha256', hmacKey)
    .update(`rate limit of ${policy}\0${who}`)
    .digest()
    .subarray(0, KEY_BYTES)
    .toString('base64url');

interface LedgerParts {
  readonly policy: Policy;
  readonly name: string;
  readonly key: string;
  readonly windowMs: number;
  readonly settler: Settler;
  readonly clock: Pick<Clock, 'now'>;
}

/** One account: what the fleet has counted, as far as it was told, and what only we know. */
class Ledger implements Account {
  readonly policy: Policy;
  readonly name: string;
  readonly key: string;
  readonly #windowMs: number;
  readonly #settler: Settler;
  readonly #clock: Pick<Clock, 'now'>;
  #consumed = 0;
  #endsAt = Number.NEGATIVE_INFINITY;
  /** Charged and not sent yet; sent and not answered yet. */
  #unsent = 0;
  #sent = 0;
  #held = 0;

  constructor({ policy, name, key, windowMs, settler, clock }: LedgerParts) {
    this.policy = policy;
    this.name = name;
    this.key = key;
    this.#windowMs = windowMs;
    this.#settler = settler;
    this.#clock = clock;
  }

  isExhausted(): boolean {
    return this.#left() <= 0;
  }

  charge(units: number): void {
    const isNew = this.#isOver();
    if (isNew) this.#begin();
    this.#unsent += units;
    if (isNew) this.#settler.settleNow(this);
    else this.#settler.settleSoon(this);
  }

  hold(): () => void {
    let units = 1;
    this.#held += units;
    return () => {
      this.#held -= units;
      units = 0;
    };
  }

  left() {
    const endsInMs = this.#isOver() ? this.#windowMs : this.#endsAt - this.#clock.now();
    return { units: Math.max(0, this.#left()), endsInMs };
  }

  /** Counts what is unsent. Called again only when that has been answered. */
  async settle(store: UnitStore): Promise<void> {
    this.#sent = this.#unsent;
    this.#unsent = 0;
    if (this.#sent === 0) return;
    const { consumed, endsInMs } = await store.add(this.policy.name, this.key, this.#sent);
    this.#sent = 0;
    this.#consumed = consumed;
    this.#endsAt = this.#clock.now() + endsInMs;
  }

  #left(): number {
    const consumed = this.#isOver() ? 0 : this.#consumed;
    return this.policy.units - consumed - this.#sent - this.#unsent - this.#held;
  }

  #isOver(): boolean {
    return this.#clock.now() >= this.#endsAt;
  }

  /** A new window, as we see it; the store tells when it ends. */
  #begin(): void {
    this.#consumed = 0;
    this.#endsAt = this.#clock.now() + this.#windowMs;
  }
}

interface Settler {
  settleNow(ledger: Ledger): void;
  settleSoon(ledger: Ledger): void;
  /** Counts what is left of a ledger that is no longer kept. */
  drop(ledger: Ledger): Promise<void>;
  settled(): Promise<void>;
  stop(): void;
}

/** Sends what ledgers have charged: of each ledger one message at a time. */
function createSettler({ store, clock }: Pick<RateLimitsOptions, 'store' | 'clock'>): Settler {
  const waiting = new Set<Ledger>();
  const underWay = new Map<Ledger, Promise<void>>();
  let timer: { cancel(): void } | null = null;

  const send = (ledger: Ledger): void => {
    if (underWay.has(ledger)) return void waiting.add(ledger);
    waiting.delete(ledger);
    const sending = ledger.settle(store).finally(() => underWay.delete(ledger));
    underWay.set(ledger, sending);
  };
  const sendWaiting = (): void => {
    timer = null;
    for (const ledger of [...waiting]) send(ledger);
    if (waiting.size > 0) wake();
  };
  const wake = (): void => {
    timer ??= clock.after(SETTLE_MS, sendWaiting);
  };
  return {
    settleNow: (ledger) => send(ledger),
    settleSoon(ledger) {
      waiting.add(ledger);
      wake();
    },
    async drop(ledger) {
      await underWay.get(ledger);
      send(ledger);
      await underWay.get(ledger);
      store.forget(ledger.policy.name, ledger.key);
    },
    async settled() {
      while (waiting.size > 0 || underWay.size > 0) {
        for (const ledger of [...waiting]) send(ledger);
        await Promise.all(underWay.values());
      }
    },
    stop() {
      timer?.cancel();
      timer = null;
    },
  };
}
