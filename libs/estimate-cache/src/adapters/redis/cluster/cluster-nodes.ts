import type { Redis } from 'ioredis';
import { CacheFault, CachePolicyRefused, CacheUnavailable } from '../../../errors.ts';
import { within } from '../within.ts';
import { openNode, type ClusterNode } from './cluster-node.ts';
import type { Redirection } from './redirection.ts';
import { slotOwnersOf, type SlotOwners } from './slot-owners.ts';

export interface ClusterNodesOptions {
  /** host:port of some nodes: one that answers is enough. */
  readonly seeds: readonly string[];
  /** A connection that has not begun to connect. */
  readonly createConnection: (address: string) => Redis;
  /** Asks a primary whether the protocol holds there. @throws {CachePolicyRefused | CacheUnavailable} */
  readonly judge: (address: string, redis: Redis) => Promise<void>;
  /** How long one node may take to say who owns what, or what it has stored. */
  readonly askTimeoutMs: number;
  readonly onError: (error: Error) => void;
  /** A connection was lost, or another node answers for a slot: what was read before may be of another memory. */
  readonly onMemoryLost: () => void;
}

/** What a server says that runs alone. */
const NO_CLUSTER = 'cluster support disabled';
/** After a node was lost or a slot has moved, who owns what is asked again, at most this often. */
const LOOK_AGAIN_MIN_MS = 200;
/** And in quiet running, so that a node that nobody asked for is known when it is needed. */
const LOOK_EVERY_MS = 10_000;

/** The primaries of a cluster: who owns which slot, and a connection to each. */
export class ClusterNodes {
  readonly #options: ClusterNodesOptions;
  readonly #nodes = new Map<string, ClusterNode>();
  #view: SlotOwners = { owners: [], addresses: new Set() };
  #looking: Promise<void> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ClusterNodesOptions) {
    this.#options = options;
  }

  /**
   * Finds the cluster, and waits for the first connection to each of its primaries.
   *
   * @returns why those that could not be reached were not; empty: all were
   * @throws {CacheUnavailable} if nobody says who owns what, or no primary can be reached
   * @throws {CachePolicyRefused} if the protocol does not hold on one of them
   */
  async start(): Promise<readonly Error[]> {
    await this.#look();
    const results = await Promise.all([...this.#nodes.values()].map(({ opening }) => opening));
    const failures = results.filter((error) => error !== null);
    const fatal = failures.find((error) => 'fate' in error && error.fate === 'crash');
    if (fatal !== undefined) throw fatal;
    const [first] = failures;
    if (first !== undefined && failures.length === results.length) {
      throw first instanceof CacheUnavailable ? first : new CacheUnavailable(first.message, first);
    }
    this.#timer = setInterval(() => this.lookAgain(), LOOK_EVERY_MS).unref();
    return failures;
  }

  /** @returns undefined: nobody serves the slot, as far as is known */
  ownerOf(slot: number): ClusterNode | undefined {
    const address = this.#view.owners[slot];
    return address === undefined ? undefined : this.at(address);
  }

  /** The node at an address; its connection is begun if there is none. */
  at(address: string): ClusterNode {
    const known = this.#nodes.get(address);
    if (known !== undefined) return known;
    const { createConnection, askTimeoutMs, judge, onError, onMemoryLost } = this.#options;
    const node = openNode(address, createConnection(address), {
      timeoutMs: askTimeoutMs,
      judge: (redis) => judge(address, redis),
      onLost: onMemoryLost,
    });
    this.#nodes.set(address, node);
    void node.opening.then((error) => {
      if (error === null) return;
      onError(error);
      this.#drop(node); // the next one who needs it tries anew
    });
    return node;
  }

  /** Believes a node that says who owns a slot, until somebody says otherwise. */
  take({ kind, slot, address }: Redirection): void {
    if (kind !== 'moved') return;
    if (this.#view.owners[slot] !== address) this.#options.onMemoryLost();
    this.#view.owners[slot] = address;
    this.lookAgain();
  }

  /** Asks again who owns what, behind everybody's back. */
  lookAgain(): void {
    const isTooSoon = performance.now() - this.#lookedAt < LOOK_AGAIN_MIN_MS;
    if (this.#isClosed || this.#looking !== null || isTooSoon) return;
    // While nobody answers the old view is kept: it may be right for the nodes that live.
    void this.#look().catch(() => undefined);
  }

  isReady(): boolean {
    return [...this.#nodes.values()].some((node) => node.isOpen());
  }

  /** The primaries that are connected. */
  open(): ClusterNode[] {
    return [...this.#nodes.values()].filter((node) => node.isOpen());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#nodes.values()].map(quitNode));
    this.#nodes.clear();
  }

  #drop(node: ClusterNode): void {
    if (this.#nodes.get(node.address) === node) this.#nodes.delete(node.address);
    node.close();
  }

  async #look(): Promise<void> {
    this.#looking ??= this.#askAnybody().finally(() => {
      this.#looking = null;
      this.#lookedAt = performance.now();
    });
    await this.#looking;
  }

  /** Begins with another node each time: one that was cut off from the others has an old view. */
  async #askAnybody(): Promise<void> {
    const open = this.open();
    this.#turn += 1;
    const turned = open.map((_, i) => open[(i + this.#turn) % open.length]).filter((node) => node !== undefined);
    const closed = [...new Set([...this.#options.seeds, ...this.#view.addresses])].filter(
      (address) => !open.some((node) => node.address === address),
    );
    let last: unknown = new Error('no node is known');
    const asks = [
      ...turned.map((node) => () => this.#ask(node.address, node.redis)),
      ...closed.map((address) => () => this.#askStranger(address)),
    ];
    for (const ask of asks) {
      try {
        this.#adopt(await ask());
        return;
      } catch (error) {
        if (error instanceof CachePolicyRefused) throw error;
        last = error;
      }
    }
    throw new CacheUnavailable(last instanceof Error ? last.message : String(last), last);
  }

  async #ask(address: string, redis: Redis): Promise<SlotOwners> {
    const reply = await within(this.#options.askTimeoutMs, redis.call('CLUSTER', 'SLOTS')).catch((error: unknown) => {
      throw error instanceof CacheFault && error.message.includes(NO_CLUSTER)
        ? new CachePolicyRefused(`${address} is no node of a Redis Cluster; set REDIS_TOPOLOGY to single or envoy`)
        : error;
    });
    const view = slotOwnersOf(reply, address);
    if (view === null) throw new CacheUnavailable(`${address} knows of no slots that anybody serves`);
    return view;
  }

  /** A connection for one question: to a seed, to a replica, to a node that was lost. */
  async #askStranger(address: string): Promise<SlotOwners> {
    const redis = this.#options.createConnection(address);
    try {
      await within(this.#options.askTimeoutMs, redis.connect());
      return await this.#ask(address, redis);
    } finally {
      redis.disconnect();
    }
  }

  #adopt(view: SlotOwners): void {
    if (this.#isClosed) return;
    const isFirst = this.#view.owners.length === 0;
    if (!isFirst && view.owners.some((owner, slot) => owner !== this.#view.owners[slot])) this.#options.onMemoryLost();
    this.#view = view;
    const primaries = new Set(view.owners.filter((address) => address !== undefined));
    for (const address of primaries) this.at(address);
    for (const node of [...this.#nodes.values()]) {
      if (primaries.has(node.address)) continue;
      this.#nodes.delete(node.address);
      void quitNode(node);
    }
  }
}

/** Lets what was sent be answered; a server that is gone is not waited for. */
async function quitNode(node: ClusterNode): Promise<void> {
  await node.redis.quit().catch(() => node.close());
}
