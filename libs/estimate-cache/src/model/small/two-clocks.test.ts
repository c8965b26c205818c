import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('two clocks');
