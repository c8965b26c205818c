import type { CatalogWriter, PropertyCatalog } from '@porchlight/property-catalog';
import { fillByAsking } from '../invalidate/ask-batch.ts';
import type { Bill } from '../no-cache-bill.ts';
import { connectService } from './ask-service.ts';
import { HomeChanger } from './change-homes.ts';
import { judgeWindow, type WindowVerdict } from './judge-window.ts';
import type { Runner } from './measure-speed.ts';
import { planWindow, type WindowShape } from './plan-window.ts';
import { runWindow } from './run-window.ts';
import { resetMeter, revalue } from './seller.ts';

/** What the arms share. */
export interface ArmGround {
  readonly simulatorUrl: string;
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  readonly writer: CatalogWriter;
}

/** What one service showed in the window of one round. */
export interface Arm extends WindowVerdict, Bill {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly batchP50Ms: number;
  readonly batchP90Ms: number;
  readonly untold: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, number>;
}

/** Asks for every home until none is pending: from then on all are hits. */
export const fillArm = ({ contender, idOf }: Runner, homes: number, signal: AbortSignal): Promise<void> =>
  fillByAsking(
    contender.url,
    Array.from({ length: homes }, (_, home) => idOf(home)),
    signal,
  );

/** Asks one service at a steady rate while homes change; bills and judges that. All its homes are cached when it begins. */
export async function runArm(
  { contender, idOf }: Runner,
  { ground, shape, seed }: { ground: ArmGround; shape: WindowShape; seed: number },
): Promise<Arm> {
  const { simulatorUrl, catalog, writer } = ground;
  const facts = await catalog.factsOf(Array.from({ length: shape.homes }, (_, home) => idOf(home)));
  const changer = new HomeChanger({
    writer,
    revalue: (propertyId) => revalue(simulatorUrl, propertyId),
    contender,
    idOf,
    firstFacts: (home) => facts.get(idOf(home))?.visibilityVersion ?? 0,
  });
  const client = connectService(contender.url);
  try {
    await resetMeter(simulatorUrl);
    const run = await runWindow(planWindow(seed, shape), { client, changer, idOf });
    const { billedRequests, billedItems } = await resetMeter(simulatorUrl);
    return {
      ...judgeWindow(changer.histories(), run.answers),
      billedRequests,
      billedItems,
      p50Ms: run.single.at(50),
      p90Ms: run.single.at(90),
      batchP50Ms: run.batch.at(50),
      batchP90Ms: run.batch.at(90),
      untold: run.untold,
      failures: run.failures,
    };
  } finally {
    client.close();
  }
}
