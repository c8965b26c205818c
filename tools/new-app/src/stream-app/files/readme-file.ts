import { defineConfig, describeConfig } from '@porchlight/service';
import { stateConfig, streamConfig } from '@porchlight/stream-app';
import type { AppPlan } from '../app-plan.ts';
import { orderInWords } from './task-file.ts';

const stateSection = ({ state }: AppPlan): string =>
  state === null
    ? ''
    : `
## State

One store, \`keys\`: how many records each key has had and when its last one came (\`${state.valueType}\`, in \`libs/contracts/schemas/${state.name}.avsc\`), for a day after the last. It lies in \`STATE_DIR\` and in the compacted topic \`${state.name}\`, which has a partition for each of the input (${state.partitions}).
`;

/** `README.md`, as the other apps' are. */
export function readmeFile(plan: AppPlan): string {
  const { name, group, deadLetters, input, output, state, startFrom } = plan;
  const table = describeConfig(defineConfig(state === null ? streamConfig : { ...streamConfig, ...stateConfig }));
  return `# ${name}

What this app is for, in one sentence: yours to write. Group \`${group}\`; parks to \`${deadLetters}\`. \`node main.ts\` runs it, \`--help\` prints the table below.

- **In**: \`${input.name}\`; ${orderInWords(plan)}; a group without an offset begins at \`${startFrom}\`
- **Out**: ${output === null ? 'the effect of `apply`' : `\`${output.name}\`, same key`}
- **Loss**: none: a record that comes again is ${state === null ? 'processed again' : 'counted once'}
- **Touches**: Kafka only

A record without a key is dropped and counted as \`no-key\`. No error of its own yet: what the serde and the runtime park is in libs/contracts and libs/stream.
${stateSection(plan)}
## Configuration

${table}
`;
}
