import { expect, test } from '@jest/globals';
import { acquireScript } from '../../adapters/redis/scripts/acquire.ts';
import { fillScript } from '../../adapters/redis/scripts/fill.ts';
import { invalidateScript } from '../../adapters/redis/scripts/invalidate.ts';
import { updateScript } from '../../adapters/redis/scripts/update.ts';
import { plantedFaults, plantIn } from './planted-faults.ts';

const scripts = [acquireScript, fillScript, invalidateScript, updateScript];

test.each(plantedFaults.map((fault) => [fault.name, fault] as const))('can be planted: %s', (_, fault) => {
  const script = scripts.find(({ name }) => name === fault.script);
  if (script === undefined) throw new Error(`no script ${fault.script}`);
  const planted = plantIn(script, fault);
  expect(planted.lua).not.toBe(script.lua);
  expect(planted.sha).not.toBe(script.sha);
});

test('a fault whose text has gone from the script is refused', () => {
  const gone = { name: 'gone', script: 'fill', text: 'no such line', instead: '' };
  expect(() => plantIn(fillScript, gone)).toThrow('does not stand in fill exactly once');
});
