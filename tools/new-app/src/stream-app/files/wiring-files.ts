import type { AppPlan } from '../app-plan.ts';

/** `config.ts`: every knob, from the fragments that all stream apps share. */
export function configFile({ state }: AppPlan): string {
  const fragments = state === null ? ['streamConfig'] : ['stateConfig', 'streamConfig'];
  const spread = state === null ? '...streamConfig' : '...streamConfig, ...stateConfig';
  return `import { defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { ${fragments.join(', ')} } from '@porchlight/stream-app';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig({ ${spread} }, [heartbeatFitsSession]);
`;
}

/** `main.ts`: the only place that connects. */
export function mainFile({ name, pascal, output, state }: AppPlan): string {
  const outputs = [output, state].flatMap((topic) => (topic === null ? [] : [`topics.${topic.property}`]));
  const context = [...(state === null ? [] : ['config: values']), ...(output === null ? ['telemetry'] : [])];
  const ports = output === null ? "{ apply: async () => telemetry.log.debug({}, 'a record was applied') }" : '';
  return `${outputs.length > 0 ? "import { topics } from '@porchlight/contracts';\n" : ''}import { runStreamApp } from '@porchlight/stream-app';
import { config } from './config.ts';
import { create${pascal} } from './${name}.task.ts';

await runStreamApp({
  name: '${name}',
  config,
  wire: (${context.length > 0 ? `{ ${context.join(', ')} }` : ''}) => ({
    definitions: [create${pascal}(${ports})],
    outputs: [${outputs.join(', ')}],${state === null ? '' : '\n    stateDir: values.STATE_DIR,'}
    close: async () => undefined,
  }),
});
`;
}

/** `package.json`; what is declared is what the sources import. */
export function manifestOf({ name }: AppPlan): {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
} & Record<string, unknown> {
  return {
    name: `@porchlight/${name}`,
    version: '0.1.0',
    description: 'What this app is for, in one sentence: yours to write.',
    private: true,
    license: 'Apache-2.0',
    type: 'module',
    scripts: { serve: 'exec node main.ts' },
    dependencies: {
      '@porchlight/contracts': '*',
      '@porchlight/service': '*',
      '@porchlight/stream': '*',
      '@porchlight/stream-app': '*',
    },
    nx: { tags: ['type:app', `name:${name}`] },
  };
}
