import { expect, test } from '@jest/globals';
import { scenarios as cacheScenarios } from '../cache-faults/scenario-list.ts';
import { scenarios as streamScenarios } from '../stream-faults/scenario-list.ts';
import { chooseScenarios } from './choose-scenarios.ts';

const ofStream = (wanted: string): string[] => chooseScenarios(streamScenarios, wanted).map(({ name }) => name);
const ofCache = (wanted: string): string[] => chooseScenarios(cacheScenarios, wanted).map(({ name }) => name);

test('scenarios are chosen by name and run in the order of the list', () => {
  expect(ofStream('poison, member-killed')).toEqual(['member-killed', 'poison']);
  expect(ofCache('clock-steps, lease-holder-killed')).toEqual(['lease-holder-killed', 'clock-steps']);
});

test('quick is the subset that says so, and goes together with names', () => {
  const quick = streamScenarios.filter((scenario) => scenario.quick).map(({ name }) => name);
  expect(ofStream('quick')).toEqual(quick);
  expect(ofStream('quick,backlog')).toEqual([...quick, 'backlog']);
  expect(ofCache('quick')).toEqual(cacheScenarios.filter((scenario) => scenario.quick).map(({ name }) => name));
});

test('a name that is not there is refused, with those that are', () => {
  expect(() => ofStream('poison,nonsense')).toThrow(/no scenario nonsense; there are member-killed,.* and quick/);
  expect(() => ofCache('nonsense')).toThrow(/no scenario nonsense; there are lease-holder-killed,.* and quick/);
});
