import { expect, jest, test } from '@jest/globals';
import { createOutboxBell } from './outbox-bell.ts';

const LONG_MS = 60_000;

/** A bell over an outbox whose next looks find this. */
function setUp() {
  const looks: boolean[] = [];
  const asked: string[] = [];
  const bell = createOutboxBell({
    hasRows: async () => {
      asked.push('look');
      return looks.shift() ?? false;
    },
    letRing: async (isOn) => void asked.push(isOn ? 'on' : 'off'),
  });
  return { bell, looks, asked };
}

/** The reader was rung for while it worked. */
async function turnedOff() {
  const world = setUp();
  world.bell.ring();
  await world.bell.wait(LONG_MS);
  return world;
}

test('who waits is woken by a ring, and asks the database nothing', async () => {
  const { bell, asked } = setUp();
  const woken = bell.wait(LONG_MS);
  bell.ring();
  await woken;
  expect(asked).toEqual([]);
});

test('a wait ends by itself', async () => {
  const { bell, asked } = setUp();
  await bell.wait(1);
  expect(asked).toEqual([]);
});

test('a ring while the reader works turns the bell off, and the reader goes on at once', async () => {
  const { asked } = await turnedOff();
  expect(asked).toEqual(['off']);
});

test('while there are rows whenever it looks, the bell stays off', async () => {
  const { bell, looks, asked } = await turnedOff();
  looks.push(true, true);
  await bell.wait(LONG_MS);
  await bell.wait(LONG_MS);
  expect(asked).toEqual(['off', 'look', 'look']);
});

test('a row that comes between the last look and the bell being on is found by the look after it', async () => {
  const { bell, looks, asked } = await turnedOff();
  looks.push(false, true);
  await bell.wait(LONG_MS);
  expect(asked).toEqual(['off', 'look', 'on', 'look']);
});

test('a writer who saw the bell off, and commits when it is on, is found although nobody rings', async () => {
  const { bell, looks, asked } = await turnedOff();
  looks.push(false, false, false, false, true);
  await bell.wait(LONG_MS);
  expect(asked).toEqual(['off', 'look', 'on', 'look', 'look', 'look', 'look']);
});

test('the bell is on again before it is waited for: a ring wakes', async () => {
  const { bell, asked } = await turnedOff();
  const woken = bell.wait(LONG_MS);
  while (!asked.includes('on')) await Promise.resolve();
  bell.ring();
  await woken;
  expect(asked.slice(0, 3)).toEqual(['off', 'look', 'on']);
});

test('a process that stood still makes up for its looks for late writers', async () => {
  const { bell, looks, asked } = await turnedOff();
  looks.push(false, false, false, true);
  jest.useFakeTimers();
  try {
    let isWoken = false;
    void bell.wait(LONG_MS).then(() => (isWoken = true));
    // Long enough for every look, though the timer of only one is due each time.
    for (let n = 0; n < 5; n += 1) {
      for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
      jest.advanceTimersByTime(2_000);
    }
    expect([isWoken, asked]).toEqual([true, ['off', 'look', 'on', 'look', 'look', 'look']]);
  } finally {
    jest.useRealTimers();
  }
});
