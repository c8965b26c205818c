import { openHome } from '../invalidate/homes.ts';

/** Made once and sent round and round: making them costs more than sending them. */
const PREPARED = 256;
const PERCENT = 100;

export type CallKind = 'batch' | 'single';

export interface CallsOptions {
  readonly kind: CallKind;
  /** Homes of a batch. */
  readonly batch: number;
  /** Cached. */
  readonly propertyIds: readonly string[];
  /** The number of the first home that is not cached; each is asked for once. */
  readonly coldFrom: number;
  readonly coldPercent: number;
  readonly deadlineMs: number;
}

const requestOf = (kind: CallKind, propertyIds: readonly string[], deadlineMs: number): Buffer => {
  if (kind === 'single') {
    return Buffer.from(
      `GET /v1/estimates/${propertyIds[0] ?? ''}?deadlineMs=${deadlineMs} HTTP/1.1\r\nhost: bench\r\n\r\n`,
    );
  }
  const body = JSON.stringify({ propertyIds, deadlineMs });
  const head = ['POST /v1/estimates:batchGet HTTP/1.1', 'host: bench', 'content-type: application/json'];
  return Buffer.from(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
};

/** Whole requests, ready to be sent: for cached homes, and once asked for, some for a home that is not. */
export function createCalls({ kind, batch, propertyIds, coldFrom, coldPercent, deadlineMs }: CallsOptions) {
  const draw = (): string => propertyIds[Math.floor(Math.random() * propertyIds.length)] ?? '';
  const size = kind === 'batch' ? batch : 1;
  const drawn = (count: number): string[] => Array.from({ length: count }, draw);
  const prepared = Array.from({ length: PREPARED }, () => requestOf(kind, drawn(size), deadlineMs));
  let at = 0;
  let cold = coldFrom;
  let share = 0;
  return {
    next(): Buffer {
      at += 1;
      if (share > 0 && (at * share) % PERCENT < share) {
        return requestOf(kind, [openHome((cold += 1) - 1), ...drawn(size - 1)], deadlineMs);
      }
      return prepared[at % PREPARED] as Buffer;
    },
    /** From now on. */
    addCold: () => void (share = coldPercent),
  };
}
