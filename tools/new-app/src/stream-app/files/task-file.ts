import { fieldLiterals, sharedFields } from '../avro-literal.ts';
import type { AppPlan } from '../app-plan.ts';

/** What of a plan is there, as one text. */
const lines = (...parts: (string | false)[]): string => parts.filter((part) => part !== false).join('\n');

/** The topics of an app by their part in it, as source: `input: topics.a, output: topics.b`. */
export const streamsOf = ({ input, output, state }: AppPlan): string =>
  Object.entries({ input, output, state })
    .flatMap(([part, topic]) => (topic === null ? [] : [`${part}: topics.${topic.property}`]))
    .join(', ');

/** The types of their values, as an import lists them. */
export const valueTypesOf = (...topics: readonly AppPlan['output'][]): string =>
  [...new Set(topics.flatMap((topic) => (topic === null ? [] : [`type ${topic.valueType}`])))].join(', ');

function answer({ input, output }: AppPlan): string | false {
  if (output === null) return false;
  const shared = new Set(sharedFields(input.schema, output.schema));
  const fields = fieldLiterals(output.schema).map(
    ([name, text]) => `${name}: ${shared.has(name) ? `value.${name}` : text}`,
  );
  return `
/** What is said of one record: yours to write. Until then the fields that both have are handed on, and the others are examples. */
export const answerTo = (${shared.size > 0 ? 'value' : '_value'}: ${input.valueType}): ${output.valueType} => ({ ${fields.join(', ')} });`;
}

function state({ state: topic }: AppPlan): string | false {
  if (topic === null) return false;
  return `
/** How long a key is remembered after its last record. */
export const KEY_TTL_MS = 24 * 3_600_000;

const seenKeys = (values: Topic<${topic.valueType}>): StoreDefinition<${topic.valueType}> => ({ name: 'keys', values, ttlMs: KEY_TTL_MS });

/** @returns what is kept of a key after one more of its records */
export const countedWith = (kept: ${topic.valueType} | undefined, at: number): ${topic.valueType} => ({
  recordCount: (kept?.recordCount ?? 0) + 1,
  lastAt: at,
});`;
}

const head = (plan: AppPlan): string => {
  const fromStream = [
    plan.state === null ? [] : ['StoreDefinition'],
    ['TaskDefinition'],
    plan.state === null ? [] : ['Topic'],
  ];
  return lines(
    `import { topics, ${valueTypesOf(plan.input, plan.output, plan.state)} } from '@porchlight/contracts';`,
    `import type { ${fromStream.flat().join(', ')} } from '@porchlight/stream';`,
    '',
    `const ownStreams = { ${streamsOf(plan)} };`,
    '',
    `export interface ${plan.pascal}Ports {`,
    plan.output === null &&
      `  /** The effect of one record: yours to name and to write. It must bear a record that comes twice. */\n  readonly apply: (value: ${plan.input.valueType}, key: string) => Promise<void>;`,
    '  /** Other topics for tests on a shared Kafka. */',
    '  readonly streams?: typeof ownStreams;',
    '}',
    plan.concurrentRecordsMax > 1 &&
      `\n/** Records of one partition at once, each of another key. */\nconst CONCURRENT_RECORDS_MAX = ${plan.concurrentRecordsMax};`,
  );
};

export const orderInWords = ({ concurrentRecordsMax }: AppPlan): string =>
  concurrentRecordsMax === 1
    ? 'one record at a time, in the order of the log'
    : `up to ${concurrentRecordsMax} records of a partition at once, in the order of each key`;

const comment = (plan: AppPlan): string =>
  lines(
    '/**',
    ` * What this app is for, in one sentence: yours to write.`,
    ' *',
    ` * In    ${plan.input.name}; ${orderInWords(plan)}`,
    ` * Out   ${plan.output?.name ?? 'the effect of `apply`'}`,
    plan.state !== null && ' * State how many records each key has had, and when its last one came, for a day',
    ` * Loss  none: a record that comes again is ${plan.state === null ? 'processed again' : 'counted once'}`,
    ' */',
  );

function process({ output, state: store }: AppPlan): string {
  const arguments_ = ['key', 'value', ...(store === null ? [] : ['timestamp'])].join(', ');
  return lines(
    `${output === null ? 'async ' : ''}process({ ${arguments_} }, collector) {`,
    "  if (key === null) return collector.drop('no-key');",
    store !== null && '  keys.put(key, countedWith(keys.get(key), timestamp));',
    output === null ? '  await apply(value, key);' : '  collector.send(output, key, answerTo(value));',
    '},',
  );
}

/** `<name>.task.ts`: pure, and the one file that says what the app does. */
export function taskFile(plan: AppPlan): string {
  const { pascal, input, output, state: store, startFrom, concurrentRecordsMax } = plan;
  const parts = ['input', ...(output === null ? [] : ['output']), ...(store === null ? [] : ['state'])].join(', ');
  const ports = output === null ? '{ apply, streams = ownStreams }' : '{ streams = ownStreams }';
  const order = "{ concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'kept' }";
  const task = `{ ${process(plan)} }`;
  return lines(
    head(plan),
    answer(plan),
    state(plan),
    '',
    comment(plan),
    `export function create${pascal}(${ports}: ${pascal}Ports${output === null ? '' : ' = {}'}): TaskDefinition<${input.valueType}> {`,
    `  const { ${parts} } = streams;`,
    store !== null && '  const store = seenKeys(state);',
    '  return {',
    '    inputs: [input],',
    `    order: ${concurrentRecordsMax === 1 ? "'partition'" : order},`,
    `    startFrom: '${startFrom}',`,
    store !== null && '    stores: [store],',
    store === null
      ? `    createTask: () => (${task}),`
      : `    createTask(_partition, context) { const keys = context.store(store); return ${task}; },`,
    '  };',
    '}',
    '',
  );
}
