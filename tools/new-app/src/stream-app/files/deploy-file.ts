import type { AppPlan } from '../app-plan.ts';

/** `deploy.yaml`: how it is scaled and what it depends on; tools/deploy makes its manifests of it. */
export function deployFile({ name, input, output, state, startFrom }: AppPlan): string {
  return `# How ${name} is scaled and what it depends on; \`node tools/deploy/src/main.ts generate\` makes deploy/k8s/base/${name} of it.
scale:
  by: lag
  replicas: { min: 2, max: ${input.partitions} }
  recordsPerS: 100 # that one replica gets done; measure it
  toleratedLagS: 10 # how old the lag may get before there is another replica
resources: { cpu: 100m, memoryMb: 256 }
consumes: { topics: [${input.property}], startFrom: ${startFrom} }
${output === null ? '' : `produces: [${output.property}]\n`}${state === null ? '' : `state: ${state.property}\n`}needs: [kafka, registry, traces]
ports: { operations: 9464 }
drainMs: 25000
`;
}
