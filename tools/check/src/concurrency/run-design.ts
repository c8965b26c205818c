import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '@porchlight/upstream-simulator';
import type { CatalogWriter } from '@porchlight/property-catalog';
import type { Say } from '../check.ts';
import { CHECKED_WITHIN_MS } from './designs/ours.adapter.ts';
import { OURS } from './designs/design-list.ts';
import type { Bounds, HomeVerdict } from './judge-home.ts';
import { judgeRecords } from './judge-records.ts';
import { propertyIdOf, type LoadCommand, type LoadMessage, type LoadOptions } from './members/load-protocol.ts';

const LOAD_PROCESS = fileURLToPath(new URL('members/load-process.ts', import.meta.url));

/** Of this process: libraries that print must not meet the check's own last line. */
const STDERR = 2;

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
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #exited: Promise<number | null>;

  constructor(options: LoadOptions) {
    this.#name = options.name;
    this.#child = fork(LOAD_PROCESS, [JSON.stringify(options)], { stdio: ['ignore', STDERR, STDERR, 'ipc'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** Resolves with its next message of this kind; rejects when it ends before that. */
  next<K extends LoadMessage['kind']>(kind: K): Promise<Extract<LoadMessage, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const listen = (message: LoadMessage): void => {
        if (message.kind !== kind) return;
        this.#child.off('message', listen);
        resolve(message as Extract<LoadMessage, { kind: K }>);
      };
      this.#child.on('message', listen);
      void this.#exited.then((code) => reject(new Error(`${this.#name} ended with ${code}`)));
    });
  }

  tell(command: LoadCommand): void {
    this.#child.send(command);
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.tell('end');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#exited;
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
async function drive(processes: readonly LoadProcess[], changer: LoadProcess): Promise<Done[]> {
  await Promise.all(processes.map((each) => each.next('ready')));
  const done = processes.map((each) => each.next('done'));
  for (const each of processes) each.tell('go');
  const ended = await Promise.all(done);
  const looked = changer.next('looked');
  changer.tell('look');
  await looked;
  return ended;
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
  const processes = Object.entries(ROLES).map(
    ([name, role]) =>
      [role, new LoadProcess({ ...shared, name, role, seconds, estimateTtlMs: ESTIMATE_TTL_MS })] as const,
  );
  const changer = processes.find(([role]) => role === 'changer')?.[1];
  if (changer === undefined) throw new Error('a run needs somebody who changes homes');
  let done: Done[];
  try {
    done = await drive(
      processes.map(([, each]) => each),
      changer,
    );
  } finally {
    await Promise.all(processes.map(([, each]) => each.end()));
  }
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
