import { testMarkWorlds } from '../../testing/marks/mark-worlds.ts';
import { readerWorlds } from './worlds.ts';

testMarkWorlds(readerWorlds);
