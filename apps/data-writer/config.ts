import { defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { cacheConfig, streamConfig, ttlConfig } from '@porchlight/stream-app';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig({ ...streamConfig, ...cacheConfig, ...ttlConfig }, [heartbeatFitsSession]);
