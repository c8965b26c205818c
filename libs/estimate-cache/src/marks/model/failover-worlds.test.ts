import { testMarkWorlds } from '../../testing/marks/mark-worlds.ts';
import { failoverWorlds } from './worlds.ts';

testMarkWorlds(failoverWorlds);
