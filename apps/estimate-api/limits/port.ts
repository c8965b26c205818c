/** Whom a limit is for; also its name in RateLimit headers, in metrics, and the first part of its keys. */
export type PolicyName = 'address' | 'caller' | 'service';

/** How much one of them may ask. */
export interface Policy {
  readonly name: PolicyName;
  /** Units in a window; 0: no limit. A unit is a request, or a further HOMES_PER_UNIT homes. */
  readonly units: number;
}

/** What is known of a count, after units were added to it. */
export interface Counted {
  /** Units of this window, of all processes. */
  readonly consumed: number;
  /** When the window ends. */
  readonly endsInMs: number;
}

/** Counts units for the whole fleet. */
export interface UnitStore {
  /** Adds units to a count; answers in bounded time, by itself if the fleet's counts are away. Never throws. */
  add(policy: PolicyName, key: string, units: number): Promise<Counted>;
  /** Nobody asks for this count here any more. */
  forget(policy: PolicyName, key: string): void;
}

/** Of one caller or address, what is left. */
export interface Account {
  readonly policy: Policy;
  isExhausted(): boolean;
  /** Never refuses: what was begun is finished, and counts against what comes next. */
  charge(units: number): void;
  /**
   * Sets one unit aside in this process while it is not known who has to pay for it, so that it cannot be promised to two.
   *
   * @returns gives it back; a second time does nothing
   */
  hold(): () => void;
  /** Units that are left, 0 or more, and when there will be all of them again. */
  left(): { readonly units: number; readonly endsInMs: number };
}

export interface RateLimits {
  /** @returns null where there is no limit */
  accountOf(policy: PolicyName, who: string): Account | null;
  /** Resolves when every unit that was charged so far has been counted. */
  settled(): Promise<void>;
  stop(): void;
}
