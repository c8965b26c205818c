import { describe, expect, test } from '@jest/globals';
import { readSpec } from './deploy-spec.ts';

const written = `
scale: { by: lag, replicas: { min: 2, max: 6 }, recordsPerS: 150, toleratedLagS: 2 }
resources: { cpu: 250m, memoryMb: 384 }
consumes: { topics: [viewportViewed], startFrom: latest }
produces: [warmupCandidates]
needs: [kafka, registry]
ports: { operations: 9464 }
drainMs: 25000
`;

test('a file that fits is read, with what it leaves open', () => {
  const { name, spec } = readSpec('forecaster', written);
  expect([name, spec.settings, spec.secrets, spec.consumes?.checksRetention]).toEqual(['forecaster', {}, [], false]);
});

describe('a file that does not fit is refused with the field', () => {
  test.each([
    ['a field that nobody knows', 'drainMs: 25000', 'drainMs: 25000\ndrainS: 25', 'Unrecognized key'],
    ['a topic by its name in Kafka', '[warmupCandidates]', '[warmup.candidates]', 'produces.0'],
    ['a topic twice', '[viewportViewed]', '[viewportViewed, viewportViewed]', 'consumes.topics: names something twice'],
    ['a dependency that there is not', '[kafka, registry]', '[kafka, mongo]', 'needs.1'],
    ['most below least', 'max: 6', 'max: 1', 'scale.replicas: max is below min'],
    ['no replica', 'min: 2', 'min: 0', 'scale.replicas.min'],
    ['a wrong quantity', 'cpu: 250m', 'cpu: 250mm', 'resources.cpu: processor'],
    ['no throughput', 'recordsPerS: 150, ', '', 'scale.recordsPerS'],
    ['text that is no YAML', 'drainMs: 25000', 'drainMs: [', 'is no YAML'],
  ])('%s', (_what, take, put, problem) => {
    expect(written).toContain(take);
    expect(() => readSpec('forecaster', written.replace(take, put))).toThrow(problem);
  });
});
