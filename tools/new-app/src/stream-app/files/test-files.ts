import { fieldLiterals, literalOf, sharedFields } from '../avro-literal.ts';
import type { AppPlan } from '../app-plan.ts';
import { streamsOf, valueTypesOf } from './task-file.ts';

/** `testing/example-records.ts`: what both tests put in, and what they want out. */
export function examplesFile({ input, output }: AppPlan): string {
  const answer = (): string => {
    if (output === null) return '';
    const shared = new Set(sharedFields(input.schema, output.schema));
    const fields = fieldLiterals(output.schema).map(
      ([name, text]) => `${name}: ${shared.has(name) ? `exampleInput.${name}` : text}`,
    );
    return `\n/** What the app says of it. */\nexport const exampleAnswer: ${output.valueType} = { ${fields.join(', ')} };\n`;
  };
  return `import type { ${[...new Set([input, ...(output === null ? [] : [output])].map(({ valueType }) => valueType))].join(', ')} } from '@porchlight/contracts';

/** A record as ${input.name} may have it. */
export const exampleInput: ${input.valueType} = ${literalOf(input.schema)};
${answer()}`;
}

/** Apart from the text of the file: a line that begins like this would be taken for an import of ours. */
const FROM_STREAM = "import { runTask, type TestRecord } from '@porchlight/stream';";

const stateTest = ({ state }: AppPlan): string =>
  state === null
    ? ''
    : `
test('what is kept of a key counts its records, and knows the last', () => {
  const first = countedWith(undefined, 1_000);
  expect([first, countedWith(first, 2_000)]).toEqual([
    { recordCount: 1, lastAt: 1_000 },
    { recordCount: 2, lastAt: 2_000 },
  ]);
});
`;

const applied = (plan: AppPlan): string => `
test('each record is applied under its key', async () => {
  const applied: [string, ${plan.input.valueType}][] = [];
  const apply = async (value: ${plan.input.valueType}, key: string): Promise<void> => void applied.push([key, value]);
  const { parked } = await runTask(create${plan.pascal}({ apply }), [record('a'), record('b')]);
  expect({ applied, parked }).toEqual({ applied: [['a', exampleInput], ['b', exampleInput]], parked: [] });
});
`;

const answered = (plan: AppPlan): string => `
test('each record is answered under its key', async () => {
  const { sent, parked } = await runTask(create${plan.pascal}(), [record('a'), record('b')]);
  const { name: topic } = topics.${plan.output?.property ?? ''};
  const wanted = ['a', 'b'].map((key) => ({ topic, key, value: exampleAnswer }));
  expect(sent).toEqual(wanted.map((each) => expect.objectContaining(each)));
  expect(parked).toEqual([]);
});
`;

/** `<name>.task.test.ts`: the task on the log in memory. */
export function taskTestFile(plan: AppPlan): string {
  const { name, pascal, input, output, state } = plan;
  const make = output === null ? `create${pascal}({ apply: async () => undefined })` : `create${pascal}()`;
  const fromTask = [...(state === null ? [] : ['countedWith']), `create${pascal}`].join(', ');
  return `import { expect, test } from '@jest/globals';
import { topics, type ${input.valueType} } from '@porchlight/contracts';
${FROM_STREAM}
import { ${fromTask} } from './${name}.task.ts';
import { ${output === null ? '' : 'exampleAnswer, '}exampleInput } from './testing/example-records.ts';

const record = (key: string | null): TestRecord<${input.valueType}> => ({ topic: topics.${input.property}, key, value: exampleInput });
${output === null ? applied(plan) : answered(plan)}
test('a record without a key is dropped', async () => {
  const { sent, dropped } = await runTask(${make}, [record(null)]);
  expect({ sent, dropped }).toEqual({ sent: [], dropped: ['no-key'] });
});
${stateTest(plan)}`;
}

const seen = ({ output, state }: AppPlan): string =>
  [
    output === null
      ? "await untilTrue('the effect', () => applied.length > 0);\n  expect(applied).toEqual([['a', exampleInput]]);"
      : "await untilTrue('the answer', async () => (await stream.valuesOf(streams.output)).length > 0);\n  expect(await stream.valuesOf(streams.output)).toEqual([{ key: 'a', value: exampleAnswer }]);",
    state === null
      ? ''
      : "await untilTrue('the state', async () => (await stream.stateOf(streams.state)).length > 0);\n  expect((await stream.stateOf(streams.state)).map(({ value }) => value.recordCount)).toEqual([1]);",
    'expect({ parked: stream.parked(), fatal: stream.fatal }).toEqual({ parked: [], fatal: [] });',
  ]
    .filter((step) => step !== '')
    .join('\n  ');

/** `<name>.int.test.ts`: the same task on the real Kafka and the real registry. */
export function integrationTestFile(plan: AppPlan): string {
  const { name, pascal, input, output } = plan;
  const apply = 'apply: async (value, key) => void applied.push([key, value]), ';
  return `import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics${output === null ? `, ${valueTypesOf(input)}` : ''} } from '@porchlight/contracts';
import { openRealStream, renamedTopics, untilTrue, type RealStream } from '@porchlight/stream-app/testing';
import { create${pascal} } from './${name}.task.ts';
import { ${output === null ? '' : 'exampleAnswer, '}exampleInput } from './testing/example-records.ts';

const streams = renamedTopics({ ${streamsOf(plan)} });
${output === null ? `const applied: [string, ${input.valueType}][] = [];\n` : ''}let stream: RealStream;

beforeAll(async () => {
  stream = await openRealStream(Object.values(streams));
  await stream.start([create${pascal}({ ${output === null ? apply : ''}streams })]);
});
afterAll(() => stream?.close());

test('a record on Kafka has its effect, and nothing is parked', async () => {
  await stream.publish(streams.input, 'a', exampleInput);
  ${seen(plan)}
});
`;
}

/** `readme.test.ts`: the README says what the code does. */
export function readmeTestFile({ name, pascal, output }: AppPlan): string {
  const make = output === null ? `create${pascal}({ apply: async () => undefined })` : `create${pascal}()`;
  return `import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { deadLetterTopicOf, groupOf } from '@porchlight/contracts';
import { describeConfig } from '@porchlight/service';
import { markdownTable } from '@porchlight/stream-app/testing';
import { config } from './config.ts';
import { create${pascal} } from './${name}.task.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the README shows the configuration that the code has', () => {
  expect(markdownTable(readme, 'variable')).toEqual(markdownTable(describeConfig(config)));
});

test('the README names the group, where it parks, what it reads and where it begins', () => {
  const { inputs, startFrom } = ${make};
  const said = [groupOf('${name}'), deadLetterTopicOf('${name}'), ...inputs.map((input) => input.name), startFrom];
  expect(said.filter((word) => !readme.includes(\`\\\`\${word}\\\`\`))).toEqual([]);
});
`;
}
