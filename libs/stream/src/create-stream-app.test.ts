import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createStreamApp, type StreamAppOptions } from './create-stream-app.ts';
import { silentLogger } from './log.ts';
import { createValueSerde } from './testing/value-serde.ts';

const options: Omit<StreamAppOptions, 'client'> = {
  connection: { brokers: ['127.0.0.1:1'], clientId: 'c' },
  groupId: 'g',
  definitions: [],
  serde: createValueSerde(),
  log: silentLogger,
  onFatal: () => undefined,
};

test.each([{ groupProtocol: 'consumer' as const }, { instanceId: 'writer-0' }])(
  'a membership that kafkajs does not know is refused: %j',
  async (membership) => {
    await expect(createStreamApp({ ...options, ...membership, client: 'kafkajs' })).rejects.toMatchObject({
      code: 'BAD_SETTING',
    });
  },
);

test('who comes in by the front door loads no second client, until it is asked for', () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (url.includes('@platformatic/kafka/') && loaded.push(url), next(url, context)) });
    const { createStreamApp } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
    const before = loaded.length;
    const options = { connection: { brokers: ['127.0.0.1:1'], clientId: 'c' }, groupId: 'g', definitions: [], serde: {}, log: {}, onFatal() {} };
    await createStreamApp({ ...options, client: 'kafkajs' });
    const withKafkajs = loaded.length;
    await createStreamApp({ ...options, client: 'platformatic' });
    console.log(JSON.stringify([before, withKafkajs, loaded.length > 0]));
    process.exit(0);
  `;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  expect(JSON.parse(execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' }))).toEqual([0, 0, true]);
}, 60_000);
