import { proveSmallWorld } from './prove-small-world.ts';

proveSmallWorld('failover of a flight');
