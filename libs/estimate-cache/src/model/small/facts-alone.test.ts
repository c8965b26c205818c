import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('facts alone');
