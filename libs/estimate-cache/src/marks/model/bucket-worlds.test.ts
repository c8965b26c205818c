import { testMarkWorlds } from '../../testing/marks/mark-worlds.ts';
import { bucketWorlds } from './worlds.ts';

testMarkWorlds(bucketWorlds);
