import type { Tree } from '@nx/devkit';
import type { AppPlan } from './app-plan.ts';
import { NewAppError } from './new-app-error.ts';

/** One row of one file: inserted before the first `before` that follows `after`. */
interface Row {
  readonly file: string;
  readonly after: string;
  readonly before: string;
  readonly row: string;
  /** An item of a list, whose last item may have a comma behind it or not. */
  readonly isItem?: true;
}

/** The text ends behind an item that has no comma yet. */
const LACKS_COMMA = /[^\s,[]\s*$/;

/** @throws {NewAppError} ROW_PLACE_LOST: the file has changed, and this list has not */
function insert(text: string, { file, after, before, row, isItem }: Row): string {
  const from = text.indexOf(after);
  const at = from < 0 ? -1 : text.indexOf(before, from + after.length);
  if (at < 0)
    throw new NewAppError('ROW_PLACE_LOST', `${file} has no ${JSON.stringify(before)} after ${JSON.stringify(after)}`);
  const head = text.slice(0, at);
  return `${head}${isItem === true && LACKS_COMMA.test(head) ? ', ' : ''}${row}${text.slice(at)}`;
}

/** Of deploy/k8s/overlays. */
const overlays = ['local', 'staging', 'production'];

/** Where every app is listed. */
const appRows = ({ name, deadLetters, input, output, state }: AppPlan): Row[] => [
  { file: 'tools/eslint/boundaries.mjs', after: 'const apps = {', before: '};', row: `  '${name}': [...everyApp],\n` },
  {
    file: 'libs/contracts/src/topics.ts',
    after: 'export const streamApps = [',
    before: '] as const',
    row: `'${name}'`,
    isItem: true,
  },
  {
    file: 'libs/contracts/src/schemas.test.ts',
    after: 'expect(streamApps.map(deadLetterTopicOf)).toEqual([',
    before: ']);',
    row: `'${deadLetters}',`,
  },
  {
    file: 'tools/cli/src/topics/wanted-topics.test.ts',
    after: "['porchlight.forecaster.dlq'",
    before: "['porchlight.forecaster.dlq.settled'",
    row: `['${deadLetters}', 1, FORTNIGHT, 'delete'],\n`,
  },
  {
    file: 'tools/cli/src/topics/wanted-topics.test.ts',
    after: "['porchlight.forecaster.dlq.settled'",
    before: ']);',
    row: `['${deadLetters}.settled', 1, FOUR_WEEKS, 'delete'],\n`,
  },
  {
    file: 'tools/run/src/fleet-members.ts',
    after: 'export const appNames = [',
    before: '] as const',
    row: `'${name}',\n`,
  },
  {
    file: 'tools/run/src/fleet-environment.ts',
    after: 'const needs: ',
    before: '};',
    row: `'${name}': [${state === null ? "'kafka'" : "'kafka', 'state'"}],\n`,
  },
  {
    file: 'apps/README.md',
    after: '| app ',
    before: '\n\n',
    row: `\n| [${name}](${name}/README.md) | ${input.name} | ${output?.name ?? ''} | |`,
  },
  { file: 'deploy/README.md', after: '| app ', before: '\n\n', row: `\n| ${name} | yes | | | |` },
];

/** Each overlay says where the image of each app comes from: this one's from where that of the command line does. */
const imageRow = (tree: Tree, name: string, overlay: string): Row => {
  const file = `deploy/k8s/overlays/${overlay}/kustomization.yaml`;
  const [, line] = /^images:$[^]*?(\n *- [^\n]*porchlight\/cli[^\n]*)/m.exec(tree.read(file, 'utf8') ?? '') ?? [];
  if (line === undefined) throw new NewAppError('ROW_PLACE_LOST', `${file} has no porchlight/cli under "images:"`);
  return { file, after: '\nimages:', before: '\n', row: line.replaceAll('porchlight/cli', `porchlight/${name}`) };
};

/** What a changelog needs beside its schema. */
const stateRows = ({ name }: AppPlan, { name: topic, property, valueType, partitions }: Changelog): Row[] => [
  {
    file: 'libs/contracts/src/topics.ts',
    after: 'export const topics = {',
    before: '} as const;',
    row: `  /** The state of ${name}: a partition for each of its input. */
  ${property}: topic<${valueType}>({
    ...internal,
    name: '${topic}',
    partitions: ${partitions},
    retentionMs: DAY_MS,
    cleanup: 'compact',
  }),\n`,
  },
  { file: 'libs/contracts/src/topics.ts', after: 'import type {', before: '\n}', row: `\n  ${valueType},` },
  { file: 'libs/contracts/src/index.ts', after: 'export type {', before: '\n}', row: `\n  ${valueType},` },
  {
    file: 'tools/cli/src/topics/wanted-topics.test.ts',
    after: 'expect(rows).toEqual([',
    before: "['porchlight.forecaster.dlq'",
    row: `['${topic}', ${partitions}, DAY, 'compact'],\n`,
  },
  {
    file: 'tools/cli/src/topics/wanted-topics.test.ts',
    after: "['porchlight.forecaster.changelog', HOUR]",
    before: ']);',
    row: `['${topic}', HOUR]`,
    isItem: true,
  },
];

type Changelog = NonNullable<AppPlan['state']>;

/** Lists the app wherever apps are listed; nothing of it is written if one place is lost. @returns the files that changed */
export function addRepositoryRows(tree: Tree, plan: AppPlan): string[] {
  const rows = [
    ...appRows(plan),
    ...overlays.map((overlay) => imageRow(tree, plan.name, overlay)),
    ...(plan.state === null ? [] : stateRows(plan, plan.state)),
  ];
  const texts = new Map<string, string>();
  for (const row of rows) texts.set(row.file, insert(texts.get(row.file) ?? tree.read(row.file, 'utf8') ?? '', row));
  for (const [file, text] of texts) tree.write(file, text);
  return [...texts.keys()];
}
