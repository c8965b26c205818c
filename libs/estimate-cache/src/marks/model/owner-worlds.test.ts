import { testMarkWorlds } from '../../testing/marks/mark-worlds.ts';
import { ownerWorlds } from './worlds.ts';

testMarkWorlds(ownerWorlds);
