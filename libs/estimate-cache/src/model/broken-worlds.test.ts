import { expect, test } from '@jest/globals';
import { search } from './search.ts';
import { tell } from './tell.ts';
import { brokenWorlds } from './worlds.ts';

const broken = (name: string) => {
  const world = brokenWorlds.find((each) => each.name === name);
  if (world === undefined) throw new Error(`there is no broken world of the name ${name}`);
  const { found } = search(world);
  if (found === null) throw new Error(`${name}: nothing is broken`);
  return { promise: found.breach.promise, steps: found.trail.length, story: tell(found) };
};

test('facts that are read before the ticket is drawn come back after their invalidation', () => {
  const { promise, steps, story } = broken('facts before the ticket');
  expect({ promise, steps }).toEqual({ promise: 'C', steps: 6 });
  expect(story).toContain('INVALIDATE(2): absent, acknowledged');
});

test('an event that is committed before it is applied is lost with the process, and an old value stays', () => {
  expect(broken('commit before apply').promise).toBe('QF');
});

test('without marks what a failover forgot is never applied again', () => {
  expect(broken('no marks').promise).toBe('QF');
});
