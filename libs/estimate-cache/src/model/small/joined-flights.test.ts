import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('joined flights');
