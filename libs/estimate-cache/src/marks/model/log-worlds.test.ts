import { testMarkWorlds } from '../../testing/marks/mark-worlds.ts';
import { logWorlds } from './worlds.ts';

testMarkWorlds(logWorlds);
