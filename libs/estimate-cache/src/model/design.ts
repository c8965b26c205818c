import { acquire } from '../transitions/acquire.ts';
import { fill } from '../transitions/fill.ts';
import { invalidate } from '../transitions/invalidate.ts';
import { recheck } from '../transitions/recheck.ts';
import { release } from '../transitions/release.ts';
import { touch } from '../transitions/touch.ts';
import { update } from '../transitions/update.ts';

/** The commands of a cache design, as the shipped ones are typed: one home's state in, its next state and an answer out. */
export interface Design {
  readonly name: string;
  readonly acquire: typeof acquire;
  readonly fill: typeof fill;
  readonly invalidate: typeof invalidate;
  readonly update: typeof update;
  readonly touch: typeof touch;
  readonly release: typeof release;
  readonly recheck: typeof recheck;
}

/** What the memory adapter runs and the scripts mirror. */
export const shipped: Design = {
  name: 'ours: epoch ticket and fences',
  acquire,
  fill,
  invalidate,
  update,
  touch,
  release,
  recheck,
};
