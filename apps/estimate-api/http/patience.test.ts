import { describe, expect, test } from '@jest/globals';
import { createPatience, LINE_MIN } from './patience.ts';

const limits = { waitMs: 50, burstMs: 500 };

/** Somebody has waited for longer than a burst takes, and in each of these milliseconds so many were begun with. */
function standing(startsPerMs: number) {
  const patience = createPatience(limits, 0);
  patience.firstWaits(0);
  for (let workedMs = 1; workedMs <= 600; workedMs += 1) {
    for (let start = 0; start < startsPerMs; start += 1) patience.started();
    patience.turnEnded(workedMs);
  }
  return patience;
}

describe('where there is more than can be done', () => {
  test('the line is as long as what is begun with in the time that each may wait', () => {
    const patience = standing(4);
    expect([patience.isLate(199), patience.isLate(200)]).toEqual([false, true]);
  });

  test('but never so short that a few who call by turns are refused', () => {
    const patience = standing(0);
    expect([patience.isLate(LINE_MIN - 1), patience.isLate(LINE_MIN)]).toEqual([false, true]);
  });

  test('each may wait for a short time, and once nobody was refused for a burst, for long again', () => {
    const patience = standing(1);
    patience.refused();
    patience.emptied();
    expect(patience.turnEnded(700)).toBe(650);
    patience.firstWaits(1_099);
    expect(patience.isLate(1_000)).toBe(true);
    patience.firstWaits(1_100);
    expect(patience.isLate(1_000)).toBe(false);
    expect(patience.turnEnded(1_101)).toBe(601);
  });
});

test('in a burst nobody is late, however many wait', () => {
  const patience = createPatience(limits, 0);
  patience.firstWaits(0);
  for (let workedMs = 1; workedMs <= 500; workedMs += 1) patience.turnEnded(workedMs);
  expect(patience.isLate(1_000_000)).toBe(false);
  patience.turnEnded(501);
  expect(patience.isLate(1_000_000)).toBe(true);
});
