import { connectEstimateCache, type RedisTopology } from '@porchlight/estimate-cache';
import type { Bench, Figures, Say } from './bench.ts';
import { fillHomes, idAt, KEY_GENERATION } from './cache/homes.ts';
import { measureMemory, type MemoryFigures } from './cache/measure-memory.ts';
import { measureReads, type ReadFigures } from './cache/measure-reads.ts';
import { measureWrites, type WriteFigures } from './cache/measure-writes.ts';
import { startServers } from './cache/servers.ts';

/** Homes that are read: more than fit into a processor's caches. */
const READ_HOMES = 20_000;
const COMMAND_TIMEOUT_MS = 10_000;
const topologies: readonly RedisTopology[] = ['single', 'cluster', 'envoy'];

type TopologyFigures = ReadFigures & WriteFigures & Partial<MemoryFigures> & { readonly topology: RedisTopology };

interface Run {
  readonly knobs: Readonly<Record<string, number>>;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** Memory is looked at where one server has it all; another topology divides the same bytes. */
async function measureOn(topology: RedisTopology, { knobs, say, signal }: Run): Promise<TopologyFigures> {
  const { pairs = 1, sliceMs = 1, rounds = 1, homes = 0 } = knobs;
  say(`${topology}: starting its servers …`);
  const servers = await startServers(topology, signal);
  try {
    const connection = await connectEstimateCache({
      url: servers.url,
      topology,
      config: { keyGeneration: KEY_GENERATION },
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    const { cache } = connection;
    const sides = { cache, bare: servers.bare };
    try {
      const ids = Array.from({ length: READ_HOMES }, (_, i) => idAt(i));
      await fillHomes(cache, ids, 7);
      const reads = await measureReads(sides, ids, { pairs, sliceMs, say });
      signal.throwIfAborted();
      const writes = await measureWrites(sides, { rounds, say });
      const memory =
        topology === 'single' && homes > 0
          ? await measureMemory(sides, { homes, firstHome: READ_HOMES, say, signal })
          : {};
      return { topology, ...reads, ...writes, ...memory };
    } finally {
      await connection.close();
    }
  } finally {
    await servers.stop();
  }
}

/** With several topologies the worst of each figure stands on the last line, beside each topology's own. */
function worstOf(measured: readonly TopologyFigures[]): Figures {
  const [first] = measured;
  if (first === undefined || measured.length === 1) return { ...first };
  const least = (key: keyof ReadFigures) => Math.min(...measured.map((each) => each[key]));
  const most = (key: keyof WriteFigures) => Math.max(...measured.map((each) => each[key]));
  return {
    getRatio: least('getRatio'),
    mget100Ratio: least('mget100Ratio'),
    mget200Ratio: least('mget200Ratio'),
    fillP99Ms: most('fillP99Ms'),
    invalidateP99Ms: most('invalidateP99Ms'),
    bytesPerHome: measured.find(({ bytesPerHome }) => bytesPerHome !== undefined)?.bytesPerHome,
    topology: 'all',
    topologies: measured,
  };
}

export const cache: Bench = {
  name: 'cache',
  measures:
    'The cache against bare ioredis on the same servers, by turns: hits, FILL, INVALIDATE, ACQUIRE, bytes of a home.',
  knobs: {
    pairs: { default: 20, what: 'slices of each side of a read' },
    sliceMs: { default: 200, what: 'how long one of them is' },
    rounds: { default: 30, what: 'rounds of 500 homes that are acquired, filled and invalidated' },
    homes: { default: 1_000_000, what: 'homes whose bytes are counted, on one Redis; 0: none' },
  },
  choices: {
    topology: { default: 'single', of: [...topologies, 'all'], what: 'which servers' },
  },
  async run(knobs, say, signal, { topology } = {}) {
    const wanted = topologies.filter((each) => topology === 'all' || topology === each);
    const measured: TopologyFigures[] = [];
    for (const each of wanted) measured.push(await measureOn(each, { knobs, say, signal }));
    return worstOf(measured);
  },
};
