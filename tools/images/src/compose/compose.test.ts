import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Docker } from '../engine/docker.ts';
import { openCompose } from './compose.ts';

/** An engine that answers by the first word that it is asked. */
const engine = (answers: Readonly<Record<string, string>>): Docker => ({
  client: 'docker',
  environment: {},
  run: async ([word = '']) => {
    const answer = answers[word];
    if (answer === undefined) throw new Error(`no ${word}`);
    return answer;
  },
  imageField: async () => undefined,
});
const place = { root: '/nowhere', project: 'demo' };

describe('a project of compose', () => {
  test('tells of each container its service, its state and its address, of a job that it has no health', async () => {
    const line = (value: object): string => JSON.stringify(value);
    const inspect = [
      line({
        service: 'kafka',
        id: 'a',
        state: { Status: 'running', ExitCode: 0, Health: { Status: 'healthy' } },
        addresses: ['172.20.0.3', ''],
      }),
      line({ service: 'migrate', id: 'b', state: { Status: 'exited', ExitCode: 3 }, addresses: [''] }),
    ].join('\n');
    const project = await openCompose(engine({ compose: 'v5', ps: 'a\nb\n', inspect: `${inspect}\n` }), place);
    expect(await project.containers()).toEqual([
      { service: 'kafka', id: 'a', status: 'running', health: 'healthy', exitCode: 0, address: '172.20.0.3' },
      { service: 'migrate', id: 'b', status: 'exited', health: undefined, exitCode: 3, address: '' },
    ]);
  });

  test('has no containers before it is up, and asks of none', async () => {
    const project = await openCompose(engine({ compose: 'v5', ps: '' }), place);
    expect(await project.containers()).toEqual([]);
  });

  test('names everything that it left', async () => {
    const project = await openCompose(engine({ compose: 'v5', ps: '', network: 'n1\n', volume: 'v1\nv2\n' }), place);
    expect(await project.left()).toEqual(['n1', 'v1', 'v2']);
  });
});

describe('a machine without compose', () => {
  const path = process.env.PATH;
  beforeEach(() => {
    process.env.PATH = '/nowhere';
  });
  afterEach(() => {
    process.env.PATH = path;
  });

  test('is told what to install', async () => {
    await expect(openCompose(engine({}), place)).rejects.toMatchObject({
      code: 'COMPOSE_MISSING',
      message: expect.stringContaining('apt-get install docker-compose'),
    });
  });
});
