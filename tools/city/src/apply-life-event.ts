import type { Estimate, EstimateUpdated } from '@porchlight/contracts';
import type { CatalogWriter } from '@porchlight/property-catalog';
import type { LifeEvent } from './market.ts';
import type { SimulatorAdmin } from './simulator-admin.ts';

export interface LifePorts {
  readonly writer: Pick<CatalogWriter, 'setStatus' | 'setOverride' | 'setMls' | 'setRule'>;
  readonly simulator: Pick<SimulatorAdmin, 'revalue'>;
  /** Resolves when Kafka has the record. */
  readonly publish: (update: EstimateUpdated) => Promise<void>;
}

function updateOf({ propertyId, estimateVersion, ...estimate }: Estimate & { propertyId: string }): EstimateUpdated {
  const { valueUsd, lowUsd, highUsd, computedAt } = estimate;
  return { propertyId, estimateVersion, estimate: { valueUsd, lowUsd, highUsd, computedAt } };
}

/** Upstream first, the topic after: a fetch that a record leads to must find the new estimate. */
async function revalue(propertyId: string, { simulator, publish }: LifePorts): Promise<void> {
  const estimates = await simulator.revalue([propertyId]);
  for (const estimate of estimates) await publish(updateOf(estimate));
}

/** Makes an event happen: in the database, or upstream and in `estimate.updated`. */
export async function applyLifeEvent(event: LifeEvent, ports: LifePorts): Promise<void> {
  switch (event.kind) {
    case 'newListings':
      return ports.writer.setStatus(event.propertyId, 'active');
    case 'sales':
      await ports.writer.setStatus(event.propertyId, 'off_market');
      return revalue(event.propertyId, ports);
    case 'priceChanges':
    case 'revaluations':
      return revalue(event.propertyId, ports);
    case 'overrides':
      return ports.writer.setOverride(event.propertyId, event.level);
    case 'mlsMoves':
      return ports.writer.setMls(event.propertyId, event.mlsId);
    case 'ruleChanges':
      return ports.writer.setRule(event.rule as Parameters<CatalogWriter['setRule']>[0]);
  }
}
