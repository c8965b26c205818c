import { describeEstimateCache } from '../../testing/conformance.ts';
import { redisWorld } from '../../testing/redis-world.ts';

describeEstimateCache('on Redis', redisWorld);
