/** What a reader saw. The instants are 0 where a design has none of its own. */
export interface SeenHome {
  readonly facts: number;
  /** 0: none. */
  readonly estimate: number;
  /** h: straight from the cache; c: after a check; m: fetched, or filled by somebody else meanwhile. */
  readonly source: 'h' | 'c' | 'm';
  /** These by the clock of Redis: UTC milliseconds. */
  readonly acquiredAt: number;
  readonly checkedAt: number;
  readonly hardExpiryAt: number;
}

/**
 * What processes write down, one line each, times by the machine's monotonic clock in milliseconds with a fraction: `began`
 * before anything was sent, `ended` after the answer was there. Homes are numbers, to keep lines short.
 *
 *   R home began ended facts estimate source acquiredAt checkedAt hardExpiryAt wallAt    an answer that showed a home
 *   C home began ended facts                                                             a change of facts, committed in between
 *   I home began ended facts removed                                                     INVALIDATE, acknowledged at `ended`
 *   U home began ended estimate                                                          UPDATE, acknowledged at `ended`
 *   X home began ended                                                                   keys of the home were evicted
 *   F home facts estimate trueFacts trueEstimate                                         what is stored when all is quiet
 *
 * `estimate` 0: there is none (a withdrawal's version counts in U only). `source` h: straight from the cache; c: from the cache
 * after a check; m: fetched, or filled by somebody while it waited. The last four of R are 0 where a design has no such thing.
 */
export interface ReadRecord extends SeenHome {
  readonly kind: 'R';
  readonly home: number;
  readonly began: number;
  readonly ended: number;
  /** The host's clock when the reading began; Redis and PostgreSQL are on the same host. */
  readonly wallAt: number;
}

export interface ChangeRecord {
  readonly kind: 'C' | 'I' | 'U';
  readonly home: number;
  readonly began: number;
  readonly ended: number;
  readonly version: number;
  /** Only of I: a value was deleted. */
  readonly removed: boolean;
}

export interface EvictionRecord {
  readonly kind: 'X';
  readonly home: number;
  readonly began: number;
  readonly ended: number;
}

export interface FinalRecord {
  readonly kind: 'F';
  readonly home: number;
  readonly facts: number;
  readonly estimate: number;
  readonly trueFacts: number;
  readonly trueEstimate: number;
}

export type Recorded = ReadRecord | ChangeRecord | EvictionRecord | FinalRecord;

const DECIMALS = 3;
const at = (ms: number): string => ms.toFixed(DECIMALS);

export function printRecord(record: Recorded): string {
  switch (record.kind) {
    case 'R': {
      const { facts, estimate, source, acquiredAt, checkedAt, hardExpiryAt, wallAt } = record;
      const seen = [facts, estimate, source, acquiredAt, checkedAt, hardExpiryAt, wallAt].join(' ');
      return `R ${record.home} ${at(record.began)} ${at(record.ended)} ${seen}`;
    }
    case 'I':
      return `I ${record.home} ${at(record.began)} ${at(record.ended)} ${record.version} ${record.removed ? 1 : 0}`;
    case 'C':
    case 'U':
      return `${record.kind} ${record.home} ${at(record.began)} ${at(record.ended)} ${record.version}`;
    case 'X':
      return `X ${record.home} ${at(record.began)} ${at(record.ended)}`;
    case 'F':
      return `F ${record.home} ${record.facts} ${record.estimate} ${record.trueFacts} ${record.trueEstimate}`;
  }
}

/** @throws if the line is not one of ours: a history that cannot be read proves nothing */
export function parseRecord(line: string): Recorded {
  const fields = line.split(' ');
  const number = (index: number): number => {
    const value = Number(fields[index] ?? Number.NaN);
    if (Number.isNaN(value)) throw new Error(`no record: ${line}`);
    return value;
  };
  const times = () => ({ home: number(1), began: number(2), ended: number(3) });
  switch (fields[0]) {
    case 'R': {
      const source = fields[6];
      if (source !== 'h' && source !== 'c' && source !== 'm') throw new Error(`no record: ${line}`);
      const instants = { acquiredAt: number(7), checkedAt: number(8), hardExpiryAt: number(9), wallAt: number(10) };
      return { kind: 'R', ...times(), facts: number(4), estimate: number(5), source, ...instants };
    }
    case 'I':
      return { kind: 'I', ...times(), version: number(4), removed: number(5) === 1 };
    case 'C':
    case 'U':
      return { kind: fields[0], ...times(), version: number(4), removed: false };
    case 'X':
      return { kind: 'X', ...times() };
    case 'F':
      return {
        kind: 'F',
        home: number(1),
        facts: number(2),
        estimate: number(3),
        trueFacts: number(4),
        trueEstimate: number(5),
      };
    default:
      throw new Error(`no record: ${line}`);
  }
}
