import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Simulator } from '@porchlight/upstream-simulator';
import type { CatalogWriter } from '@porchlight/property-catalog';
import type { Say } from '../check.ts';
import { killAllChildren, startChild, type Child } from '../processes/child-process.ts';
import { CHECKED_WITHIN_MS } from './designs/ours.adapter.ts';
import { OURS } from './designs/design-list.ts';
import type { Bounds, HomeVerdict } from '@porchlight/peer-caches';
import { judgeRecords } from '@porchlight/peer-caches';
import { propertyIdOf, type LoadCommand, type LoadMessage, type LoadOptions } from './members/load-protocol.ts';

const LOAD_PROCESS = new URL('members/load-process.ts', import.meta.url);
const END_MS = 5_000;

/** Processes of a run beside Redis, PostgreSQL and upstream, which is in this one. */
const ROLES = { 'reader-1': 'reader', 'reader-2': 'reader', warmer: 'warmer', changer: 'changer' } as const;

/** Few, so that readers, warm-ups and changes meet at the same homes. */
const HOMES = 400;
export const ESTIMATE_TTL_MS = 15_000;
/** Beside what a check waits: the design's 2 s for the check itself. */
const OBEYED_BESIDE_MS = 2_000;
const FIRST_VALUE_USD = 500_000;

/** Where everything is that a run needs. */
export interface Ground {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly writer: CatalogWriter;
  readonly simulator: Simulator;
  readonly upstreamKey: string;
  /** The run's own folder for histories. */
  readonly folder: string;
  readonly forgetAll: () => Promise<void>;
}

export interface DesignRun extends HomeVerdict {
  readonly billedCalls: number;
  readonly billedItems: number;
  /** Reads that nothing could be shown to in time. */
  readonly unanswered: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly seconds: number;
}

type Done = Extract<LoadMessage, { kind: 'done' }>;

/** A process of the load. */
class LoadProcess {
  readonly role: LoadOptions['role'];
  readonly #child: Child<LoadMessage>;

  private constructor(role: LoadOptions['role'], child: Child<LoadMessage>) {
    this.role = role;
    this.#child = child;
  }

  /** Resolves when it is ready to go. */
  static async start(options: LoadOptions): Promise<LoadProcess> {
    const child = await startChild<LoadMessage>({ name: options.name, file: LOAD_PROCESS, options });
    await child.next(({ kind }) => kind === 'ready');
    return new LoadProcess(options.role, child);
  }

  /** Resolves with its next message of this kind; rejects when it ends before that. */
  next<K extends LoadMessage['kind']>(kind: K): Promise<Extract<LoadMessage, { kind: K }>> {
    return this.#child.next((message): message is Extract<LoadMessage, { kind: K }> => message.kind === kind);
  }

  tell(command: LoadCommand): void {
    this.#child.tell(command);
  }

  async end(): Promise<void> {
    this.tell('end');
    const timer = setTimeout(() => this.#child.signal('SIGKILL'), END_MS);
    await this.#child.exited;
    clearTimeout(timer);
  }
}

async function loadHomes({ writer, simulator }: Ground, prefix: string): Promise<void> {
  const homes = Array.from({ length: HOMES }, (_, home) => ({
    propertyId: propertyIdOf({ prefix }, home),
    latitude: 40,
    longitude: -100 + home / HOMES,
    status: 'active' as const,
    mlsId: null,
    overrideLevel: null,
  }));
  await writer.loadProperties([homes]);
  simulator.load(homes.map(({ propertyId }) => ({ propertyId, valueUsd: FIRST_VALUE_USD })));
}

/** All of them work side by side until their time is over; then what is stored is looked at in peace. */
async function drive(processes: readonly LoadProcess[]): Promise<Done[]> {
  const changer = processes.find(({ role }) => role === 'changer');
  if (changer === undefined) throw new Error('a run needs somebody who changes homes');
  const done = processes.map((each) => each.next('done'));
  for (const each of processes) each.tell('go');
  const ended = await Promise.all(done);
  const looked = changer.next('looked');
  changer.tell('look');
  await looked;
  return ended;
}

async function runLoad(all: readonly LoadOptions[]): Promise<Done[]> {
  try {
    const processes = await Promise.all(all.map((options) => LoadProcess.start(options)));
    const done = await drive(processes);
    await Promise.all(processes.map((each) => each.end()));
    return done;
  } finally {
    killAllChildren();
  }
}

/**
 * Runs one design under the load, then judges what its processes wrote down.
 *
 * @param number  of the run: names its homes, which no run before has touched
 */
export async function runDesign(
  ground: Ground,
  { design, seconds, number }: { design: string; seconds: number; number: number },
  say: Say,
): Promise<DesignRun> {
  const prefix = `run${number}`;
  const folder = join(ground.folder, design);
  await mkdir(folder, { recursive: true });
  await ground.forgetAll();
  await loadHomes(ground, prefix);
  ground.simulator.meter.reset();
  const { redisUrl, databaseUrl, upstreamKey, simulator } = ground;
  const shared = {
    design,
    redisUrl,
    databaseUrl,
    upstreamKey,
    upstreamUrl: simulator.url,
    folder,
    prefix,
    homes: HOMES,
  };
  const done = await runLoad(
    Object.entries(ROLES).map(([name, role]) => ({ ...shared, name, role, seconds, estimateTtlMs: ESTIMATE_TTL_MS })),
  );
  const { billedRequests, billedItems } = ground.simulator.meter.read();
  say(`${design}: judging …`);
  const verdict = await judgeRecords(folder, design === OURS ? bounds : null);
  // A history that broke a promise is evidence, and stays until the next run.
  if (verdict.violations.length === 0) await rm(folder, { recursive: true });
  const unanswered = done.reduce((sum, each) => sum + each.unanswered, 0);
  return { ...verdict, billedCalls: billedRequests, billedItems, unanswered, errors: addErrors(done), seconds };
}

const bounds: Bounds = {
  obeyedWithinMs: CHECKED_WITHIN_MS + OBEYED_BESIDE_MS,
  checkedWithinMs: CHECKED_WITHIN_MS,
  estimateTtlMsMax: ESTIMATE_TTL_MS,
};

function addErrors(done: readonly Done[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { errors } of done)
    for (const [name, times] of Object.entries(errors)) all[name] = (all[name] ?? 0) + times;
  return all;
}
