import { ConsistencySampler, SAMPLE_EVERY_MS, type SamplerPorts } from './sampler.ts';
import { samplerTelemetry } from './sampler-telemetry.ts';

/** The sampler with its rounds and its counts. */
export function startSampling(
  ports: Pick<SamplerPorts, 'cache' | 'catalog' | 'clock'>,
  telemetry: Parameters<typeof samplerTelemetry>[0],
): { note: ConsistencySampler['note']; stop(): Promise<void> } {
  const sampler = new ConsistencySampler({ ...ports, random: Math.random, report: samplerTelemetry(telemetry) });
  const rounds = sampler.start(SAMPLE_EVERY_MS);
  return { note: (change) => sampler.note(change), stop: () => rounds.stop() };
}
