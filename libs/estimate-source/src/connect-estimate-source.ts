import { httpEstimateSource, type HttpEstimateSourceOptions } from './adapters/http-estimate-source.ts';
import { redisBudgetStore } from './adapters/redis-budget-store.ts';
import { hedgingSource, type HedgingOptions } from './hedging-source.ts';
import { batchingSource, type BatchingOptions, type BatchingSource } from './batching-source.ts';
import { disciplinedSource, type DisciplinedSource, type DisciplineOptions } from './disciplined-source.ts';

export interface EstimateSourceOptions {
  /** How upstream is reached, and how long a call may take. */
  readonly http: HttpEstimateSourceOptions & { readonly timeoutMs: number };
  /** How the fleet behaves towards it; the budget is kept where `fleet` says. */
  readonly discipline: Omit<DisciplineOptions, 'budget'> & {
    readonly budget: Omit<DisciplineOptions['budget'], 'store'>;
  };
  /** Second calls for answers that are late. Default: none. */
  readonly hedging?: Omit<HedgingOptions, 'clock'>;
  readonly fleet: Parameters<typeof redisBudgetStore>[0];
  readonly batching: Omit<BatchingOptions, 'timeoutMs' | 'lane'>;
}

export interface ConnectedEstimateSource
  extends Omit<DisciplinedSource, 'fetch'>, Pick<BatchingSource, 'inFlight' | 'waiting'> {
  /** The way in: queue and batches, then the discipline, then the wire. */
  readonly source: BatchingSource;
  /** The discipline without a queue, for a call that is a batch already. */
  readonly fetch: DisciplinedSource['fetch'];
  close(): Promise<void>;
}

/** Upstream as an app uses it: calls are merged and wait their turn, then kept to the fleet's discipline, then made over HTTP. */
export function connectEstimateSource({
  http,
  discipline,
  hedging = { share: 0, afterMs: 0 },
  fleet,
  batching,
}: EstimateSourceOptions): ConnectedEstimateSource {
  const wire = httpEstimateSource(http);
  const { lane = 'user', budget } = discipline;
  const disciplined = disciplinedSource(wire, {
    ...discipline,
    lane,
    budget: { ...budget, store: redisBudgetStore(fleet) },
  });
  const hedged = hedgingSource(disciplined, { ...hedging, clock: discipline.clock });
  const source = batchingSource(hedged, { ...batching, timeoutMs: http.timeoutMs, lane });
  return { ...disciplined, source, inFlight: source.inFlight, waiting: source.waiting, close: () => wire.close() };
}
