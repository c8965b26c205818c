import { expect, test } from '@jest/globals';
import { defineConfig, loadConfig } from '@porchlight/service';
import { catchUpOf, warmUpConfig } from './warm-up-config.ts';

const config = defineConfig(warmUpConfig);

test.each([
  [{}, { skipOlderThanMs: 10_000 }],
  [{ SKIP_OLDER_THAN_MS: '60000' }, { skipOlderThanMs: 60_000 }],
  [{ SKIP_OLDER_THAN_MS: '0' }, 'all'],
])('a warm-up that is told %j passes over what is %j', (environment, catchUp) => {
  expect(catchUpOf(loadConfig(config, environment))).toEqual(catchUp);
});
