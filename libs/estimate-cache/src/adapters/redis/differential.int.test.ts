import { describeSameAsInMemory } from '../../testing/differential.ts';
import { redisWorld } from '../../testing/redis-world.ts';

const RUNS = 300;

describeSameAsInMemory('on Redis', redisWorld, RUNS);
