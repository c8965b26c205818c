import { peers } from '@porchlight/peer-caches';
import { cacheAside } from './cache-aside.adapter.ts';
import type { DesignEntry } from './design.ts';
import { ours } from './ours.adapter.ts';
import { designOf } from './peer-design.ts';

export const OURS = 'ours';
/** What must be caught, or the load is too light to prove anything. */
export const CONTROL = 'cache-aside';

/** Ours, the control, and the libraries that people pick. */
export const designs: readonly DesignEntry[] = [
  { name: OURS, what: 'tickets, fences and checks (libs/estimate-cache)', create: ours },
  { name: CONTROL, what: 'GET, SET with a TTL, DEL on a change: the control', create: cacheAside },
  ...peers.map(designOf),
];
