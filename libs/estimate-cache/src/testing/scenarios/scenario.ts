import type { CacheWorld } from '../cache-world.ts';
import type { Story } from '../story.ts';

/** What happens to one home, and what must be seen; the title says it in plain words. */
export type Scenario = (home: Story, world: CacheWorld) => Promise<void>;
export type Scenarios = Record<string, Scenario>;
