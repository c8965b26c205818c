import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('facts alone of a negative entry');
