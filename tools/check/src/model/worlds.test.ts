import { expect, test } from '@jest/globals';
import { checkedWorlds, worldsThatBreak } from './worlds.ts';

test('every world can be chosen by its name', () => {
  const names = [...checkedWorlds, ...worldsThatBreak].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('the large worlds of home and marks are among those that are searched', () => {
  const names = checkedWorlds.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['whole together', 'marks: two failovers', 'marks: all of two owners']));
});

test.each(['lying feed', 'marks: keys put back by hand'])(
  '%s is searched to its end, and says how far it is',
  (name) => {
    const said: number[] = [];
    const ended = checkedWorlds.find((world) => world.name === name)?.search(({ states }) => void said.push(states));
    expect(ended?.story).toBeNull();
    expect(said.at(-1)).toBe(ended?.states);
  },
);

test.each(['facts before the ticket', 'marks: two failovers, without the replication id'])(
  '%s tells a story',
  (name) => {
    const ended = worldsThatBreak.find((world) => world.name === name)?.search();
    expect(ended?.story).toMatch(/^ {2}1 .*\nbroken: /s);
  },
);
