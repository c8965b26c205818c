import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseFlags, redisFlagStore, type FlagStore } from '@porchlight/rollout';
import { forgetFlags } from '@porchlight/rollout/testing';
import { createProgram } from '../commands.ts';
import { ownName, serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';
import { scriptedTerminal, type ScriptedTerminal } from '../testing/scripted-terminal.ts';

let key: string;
let store: FlagStore;
const asDocument = async () => parseFlags((await store.read()) ?? '');
const run = (terminal: ScriptedTerminal, ...args: string[]) =>
  createProgram(terminal).parseAsync(['flags', ...args, '--redis', serverAddress('REDIS_URL'), '--flags-key', key], {
    from: 'user',
  });
const set = (...args: string[]) => run(scriptedTerminal(), 'set', ...args, '--yes');

beforeEach(() => {
  key = ownName('flags');
  store = redisFlagStore({ url: serverAddress('REDIS_URL'), key });
});
afterEach(async () => {
  await store.close();
  await forgetFlags(serverAddress('REDIS_URL'), key);
});

describe('set', () => {
  test('says what would happen, asks, and changes it when the answer is yes', async () => {
    const terminal = scriptedTerminal(['yes']);
    await run(terminal, 'set', 'cache.read', '25%', '--cohort', 'off');
    expect(terminal.asked).toEqual(['Change cache.read? Type yes to go on: ']);
    expect(terminal.printed).toEqual([
      'cache.read: on (as usual) -> on 75 %, off 25 %\n  moves 25 % of sessions from on to off; nobody else\nas version 1, in force everywhere within 2 s',
      'done: version 1',
    ]);
    expect((await asDocument()).flags).toEqual({ 'cache.read': { percent: 75, cohort: 'on', rest: 'off' } });
  });

  test('changes nothing for another answer, where nobody is there to ask, and for a dry run', async () => {
    await expect(run(scriptedTerminal(['no']), 'set', 'cache.read', '1')).rejects.toMatchObject({
      code: 'NOT_CONFIRMED',
    });
    await expect(run(scriptedTerminal(), 'set', 'cache.read', '1')).rejects.toMatchObject({ code: 'NEEDS_YES' });
    const terminal = scriptedTerminal();
    await run(terminal, 'set', 'cache.read', '1', '--dry-run');
    expect(terminal.printed.at(-1)).toBe('dry run: nothing was changed');
    expect(await store.read()).toBeNull();
  });

  test('asks nobody about what is so already', async () => {
    await set('cache.warmup', '5');
    const terminal = scriptedTerminal(['yes']);
    await run(terminal, 'set', 'cache.warmup', '5');
    expect([terminal.asked, terminal.printed]).toEqual([[], ['nothing to change: it is so already']]);
    expect((await asDocument()).version).toBe(1);
  });

  test('of two operators at once the second is told, and only the first has changed anything', async () => {
    await set('cache.read', '10');
    const slow = scriptedTerminal(['yes']);
    const ask = async () => {
      await set('cache.warmup', '50'); // while the other one thinks
      return 'yes';
    };
    await expect(run({ ...slow, ask }, 'set', 'cache.read', '100')).rejects.toMatchObject({
      code: 'FLAGS_CHANGED_MEANWHILE',
      message: expect.stringContaining('npx porchlight flags list'),
    });
    const { version, flags } = await asDocument();
    expect([version, flags['cache.read']?.percent, flags['cache.warmup']?.percent]).toEqual([2, 10, 50]);
  });

  test.each([
    [['cache.reed', '1'], 'there is no flag cache.reed; there are cache.read'],
    [['cache.read', '101'], '101 is no share: 0 to 100'],
    [['cache.read', '1', '--cohort', 'blue'], 'it has on, off'],
  ])('refuses %j, saying what would do', async (args, message) => {
    await expect(set(...args)).rejects.toMatchObject({
      code: 'FLAG_CHANGE_REFUSED',
      message: expect.stringContaining(message),
    });
    expect(await store.read()).toBeNull();
  });

  test('--json prints one value, and what would happen beside it', async () => {
    const terminal = scriptedTerminal();
    await run(terminal, 'set', 'forecast.strategy', '20', '--cohort', 'ring', '--yes', '--json');
    expect(terminal.printed.map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        version: 1,
        done: true,
        flags: [
          {
            flag: 'forecast.strategy',
            before: null,
            after: { percent: 20, cohort: 'ring', rest: 'default' },
            moves: [{ from: 'default', to: 'ring', percent: 20 }],
          },
        ],
      },
    ]);
    expect(terminal.said.join()).toContain('moves 20 % of sessions from default to ring');
  });
});

test('a document that is none is told by every command, and reset --all puts an empty one in its place', async () => {
  await store.replace(null, '{"format": 1');
  for (const args of [['list'], ['show', 'cache.read'], ['set', 'cache.read', '1', '--yes']]) {
    await expect(run(scriptedTerminal(), ...args)).rejects.toMatchObject({
      code: 'FLAGS_REFUSED',
      message: expect.stringContaining('npx porchlight flags reset --all'),
    });
  }
  await expect(run(scriptedTerminal(), 'reset', '--all')).rejects.toMatchObject({ code: 'NEEDS_YES' });
  await run(scriptedTerminal(), 'reset', '--all', '--yes');
  expect((await asDocument()).flags).toEqual({});
});

test('reset forgets one flag, and needs to be told which', async () => {
  await set('cache.read', '10');
  await set('cache.warmup', '20');
  await run(scriptedTerminal(['yes']), 'reset', 'cache.read');
  expect(Object.keys((await asDocument()).flags)).toEqual(['cache.warmup']);
  await expect(run(scriptedTerminal(['yes']), 'reset')).rejects.toMatchObject({ code: 'FLAG_CHANGE_REFUSED' });
});

test('show says whose cohort a key is in: the one that every process deals it', async () => {
  await set('cache.soft-refresh', '100', '--cohort', 'off');
  const terminal = scriptedTerminal();
  await run(terminal, 'show', 'cache.soft-refresh', '--key', 'p-1', '--json');
  expect(JSON.parse(terminal.printed.join())).toMatchObject({
    flag: 'cache.soft-refresh',
    cohort: 'off',
    unit: 'home',
  });
});

test('as a process: list prints JSON alone, and a Redis that is not there ends with its code and exit 69', async () => {
  const { code, out, error } = await runCommand(['flags', 'list', '--json'], {
    REDIS_URL: serverAddress('REDIS_URL'),
    FLAGS_KEY: key,
  });
  expect({ code, error, version: (JSON.parse(out) as { version: number }).version }).toEqual({
    code: 0,
    error: '',
    version: 0,
  });
  const away = await runCommand(['flags', 'list'], { REDIS_URL: 'redis://:secret@127.0.0.1:9' });
  expect([away.code, away.out]).toEqual([69, '']);
  expect(away.error).toMatch(/^REDIS_UNREACHABLE: /);
  expect(away.error).not.toContain('secret');
});
