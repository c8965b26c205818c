import { expect, test } from '@jest/globals';
import { createClosers } from './closers.ts';

test('the last that was opened is closed first, and a failure keeps nothing else open', async () => {
  const closed: string[] = [];
  const closers = createClosers();
  closers.add('stack', async () => void closed.push('stack'));
  closers.add('apps', async () => {
    closed.push('apps');
    throw new Error('stuck');
  });
  closers.add('traffic', async () => void closed.push('traffic'));
  expect(await closers.closeAll()).toEqual(['apps: Error: stuck']);
  expect(closed).toEqual(['traffic', 'apps', 'stack']);
});

test('a second call, as by a second signal, waits for the first and closes nothing twice', async () => {
  let closings = 0;
  let finish: () => void = () => undefined;
  const closers = createClosers();
  closers.add('stack', () => {
    closings += 1;
    return new Promise((resolve) => (finish = resolve));
  });
  const both = [closers.closeAll(), closers.closeAll()];
  finish();
  expect(await Promise.all(both)).toEqual([[], []]);
  expect(closings).toBe(1);
});
