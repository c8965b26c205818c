import { expect, test } from '@jest/globals';
import { createStartCommand, type StartOptions } from './start-options.ts';

async function parsed(...argv: string[]): Promise<StartOptions | string> {
  let found: StartOptions | undefined;
  const command = createStartCommand(async (options) => {
    found = options;
  })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    await command.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return found ?? 'nothing ran';
}

test('by default people browse a city of 120,000 homes that is kept', async () => {
  expect(await parsed()).toEqual({ traffic: true, homes: 120_000, fresh: false, json: false, instance: 'start' });
});

test('each flag changes its own thing', async () => {
  const options = await parsed('--no-traffic', '--homes', '5000', '--fresh', '--json', '--instance', 'mine');
  expect(options).toEqual({ traffic: false, homes: 5_000, fresh: true, json: true, instance: 'mine' });
});

test.each([['0'], ['-3'], ['many'], ['1.5'], ['2000001']])('%s homes are refused with the limits', async (homes) => {
  expect(await parsed('--homes', homes)).toMatch(/must be a whole number from 1 to 2000000/);
});

test('a flag that there is not is refused by name', async () => {
  expect(await parsed('--frash')).toMatch(/--frash/);
});
