import { expect, test } from '@jest/globals';
import { cacheFaults, chooseScenarios } from './cache-faults.ts';
import { scenarios } from './scenario-list.ts';

const namesOf = (wanted: string): string[] => chooseScenarios(wanted).map(({ name }) => name);

test('every scenario has a name of its own, and is listed by it', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(cacheFaults.list?.().map((line) => line.split(' ')[0])).toEqual(names);
});

test('scenarios are chosen by name and run in the order of the list', () => {
  expect(namesOf('clock-steps, lease-holder-killed')).toEqual(['lease-holder-killed', 'clock-steps']);
});

test('quick is the subset that says so, and goes together with names', () => {
  const quick = scenarios.filter((scenario) => scenario.quick).map(({ name }) => name);
  expect(namesOf('quick')).toEqual(quick);
});

test('a name that is not there is refused, with those that are', () => {
  expect(() => chooseScenarios('nonsense')).toThrow(/no scenario nonsense; there are lease-holder-killed,.* and quick/);
});
