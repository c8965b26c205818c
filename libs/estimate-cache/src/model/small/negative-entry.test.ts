import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('negative entry');
