import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('lying feed');
