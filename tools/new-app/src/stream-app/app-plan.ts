import { deadLetterTopicOf, groupOf, isChangelog, schemas, topics } from '@porchlight/contracts';
import { NewAppError } from './new-app-error.ts';
import type { AvroRecord } from './avro-literal.ts';

/** What the command line says; `schema.json` describes it. */
export interface StreamAppOptions {
  readonly name: string;
  readonly input: string;
  readonly output?: string;
  readonly state?: boolean;
  readonly concurrent?: number;
  readonly startFrom?: 'earliest' | 'latest';
}

/** A topic as sources name it. */
export interface PlannedTopic {
  readonly name: string;
  /** Its property in `topics`. */
  readonly property: string;
  /** The type of its values. */
  readonly valueType: string;
  readonly partitions: number;
  readonly schema: AvroRecord;
}

/** What will be made, with every name spelled. */
export interface AppPlan {
  readonly name: string;
  /** SessionCounter, sessionCounter. */
  readonly pascal: string;
  readonly camel: string;
  readonly group: string;
  readonly deadLetters: string;
  readonly input: PlannedTopic;
  readonly output: PlannedTopic | null;
  /** The changelog's topic, which is made too. */
  readonly state: PlannedTopic | null;
  /** 1: in the order of the log. */
  readonly concurrentRecordsMax: number;
  readonly startFrom: 'earliest' | 'latest';
}

/** As an image, a label and a consumer group may be called; longer ones would not fit a label of Kubernetes with its suffixes. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_LENGTH_MAX = 40;
const CONCURRENT_MAX = 1_000;

const pascalOf = (name: string): string =>
  name.replace(/(^|-)([a-z0-9])/g, (_, _dash, letter: string) => letter.toUpperCase());
const camelOf = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** @throws {NewAppError} TOPIC_UNKNOWN, with the topics that there are */
function topicNamed(name: string): PlannedTopic {
  const known = Object.entries(topics).filter(([, topic]) => !isChangelog(topic.name));
  const found = known.find(([, topic]) => topic.name === name);
  if (found === undefined) {
    const names = known.map(([, topic]) => topic.name).join(', ');
    throw new NewAppError('TOPIC_UNKNOWN', `no topic is called ${name}; there are: ${names}`);
  }
  const [property, topic] = found;
  const schema = schemas[name] as AvroRecord;
  return { name, property, valueType: schema.name, partitions: topic.partitions, schema };
}

/** State has a partition for each of the input, or a key's state would lie elsewhere than its records. */
function changelogOf(name: string, input: PlannedTopic): PlannedTopic {
  const pascal = pascalOf(name);
  const instant = { type: 'long', logicalType: 'timestamp-millis' };
  return {
    name: `${groupOf(name)}.changelog`,
    property: `${camelOf(name)}Changelog`,
    valueType: `${pascal}State`,
    partitions: input.partitions,
    schema: {
      type: 'record',
      name: `${pascal}State`,
      namespace: `porchlight.${name.replaceAll('-', '_')}`,
      doc: `What is kept of a key. State of ${name}; nobody else reads it.`,
      fields: [
        { name: 'recordCount', type: 'int', doc: 'Records of this key so far.' },
        { name: 'lastAt', type: instant, doc: 'When the last of them was written, by its own timestamp.' },
      ],
    },
  };
}

/**
 * Checks the command line and spells every name.
 *
 * @throws {NewAppError} APP_NAME_INVALID, CONCURRENT_INVALID, TOPIC_UNKNOWN
 */
export function planStreamApp(options: StreamAppOptions): AppPlan {
  const { name, output, state = false, concurrent = 1, startFrom = 'earliest' } = options;
  if (!NAME.test(name) || name.length > NAME_LENGTH_MAX)
    throw new NewAppError(
      'APP_NAME_INVALID',
      `"${name}" is no name of an app: small letters, digits and single hyphens, ${NAME_LENGTH_MAX} at most, a letter first`,
    );
  if (!Number.isInteger(concurrent) || concurrent < 1 || concurrent > CONCURRENT_MAX)
    throw new NewAppError(
      'CONCURRENT_INVALID',
      `--concurrent is ${concurrent}, not an integer of 1..${CONCURRENT_MAX}`,
    );
  const input = topicNamed(options.input);
  return {
    name,
    pascal: pascalOf(name),
    camel: camelOf(name),
    group: groupOf(name),
    deadLetters: deadLetterTopicOf(name),
    input,
    output: output === undefined ? null : topicNamed(output),
    state: state ? changelogOf(name, input) : null,
    concurrentRecordsMax: concurrent,
    startFrom,
  };
}
