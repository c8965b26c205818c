import { expect, test } from '@jest/globals';
import { unlessAsked } from './unless-asked.ts';

test('a run that is asked to stop ends at once, so that what it has started can be taken down', async () => {
  const abort = new AbortController();
  const run = unlessAsked(abort.signal, new Promise(() => undefined));
  abort.abort(new Error('asked to stop'));
  await expect(run).rejects.toThrow('asked to stop');
});

test('a run that was asked to stop before it began does not wait for its work', async () => {
  await expect(unlessAsked(AbortSignal.abort(new Error('early')), new Promise(() => undefined))).rejects.toThrow(
    'early',
  );
});

test('otherwise its figures and its errors are its own', async () => {
  const { signal } = new AbortController();
  await expect(unlessAsked(signal, Promise.resolve(7))).resolves.toBe(7);
  await expect(unlessAsked(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
