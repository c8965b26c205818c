import { expect, test } from '@jest/globals';
import { scenarios } from './scenario-list.ts';
import { chooseScenarios, streamFaults } from './stream-faults.ts';

const namesOf = (wanted: string): string[] => chooseScenarios(wanted).map(({ name }) => name);

test('every scenario has a name of its own, and is listed by it', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(streamFaults.list?.().map((line) => line.split(' ')[0])).toEqual(names);
});

test('scenarios are chosen by name and run in the order of the list', () => {
  expect(namesOf('poison, member-killed')).toEqual(['member-killed', 'poison']);
});

test('quick is the subset that says so, and goes together with names', () => {
  const quick = scenarios.filter((scenario) => scenario.quick).map(({ name }) => name);
  expect(namesOf('quick')).toEqual(quick);
  expect(namesOf('quick,backlog')).toEqual([...quick, 'backlog']);
});

test('a name that is not there is refused, with those that are', () => {
  expect(() => chooseScenarios('poison,nonsense')).toThrow(
    /no scenario nonsense; there are member-killed,.* and quick/,
  );
});
