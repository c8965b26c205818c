import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('three versions');
