import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFolder } from '@porchlight/stack';
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

const usual = {
  traffic: true,
  homes: 120_000,
  fresh: false,
  json: false,
  instance: 'start',
  untilFirstAnswer: false,
};

test('by default people browse a city of 120,000 homes that is kept', async () => {
  expect(await parsed()).toEqual(usual);
});

test('each flag changes its own thing', async () => {
  const options = await parsed('--no-traffic', '--homes', '5000', '--fresh', '--json', '--instance', 'mine');
  expect(options).toEqual({ ...usual, traffic: false, homes: 5_000, fresh: true, json: true, instance: 'mine' });
});

test('what CI gives to npm start is understood, and ends it after the first answer', async () => {
  const script = readFileSync(join(repositoryFolder, '.ci', 'run'), 'utf8');
  const given = /^npm start -- (.+)$/m.exec(script)?.[1]?.split(' ') ?? [];
  expect(await parsed(...given)).toEqual({ ...usual, untilFirstAnswer: true });
});

test('the help says what ends a run for CI, and its limit', () => {
  const help = createStartCommand(async () => undefined).helpInformation();
  expect(help.replaceAll(/\s+/g, ' ')).toMatch(/--until-first-answer .*first map answer: exit code 0, .* 15 minutes/);
});

test.each([['0'], ['-3'], ['many'], ['1.5'], ['2000001']])('%s homes are refused with the limits', async (homes) => {
  expect(await parsed('--homes', homes)).toMatch(/must be a whole number from 1 to 2000000/);
});

test('a flag that there is not is refused by name', async () => {
  expect(await parsed('--frash')).toMatch(/--frash/);
});
