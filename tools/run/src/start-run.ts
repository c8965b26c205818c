import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { City } from '@porchlight/city';
import { dataFolder, holdInstance } from '@porchlight/stack';
import { cityStep } from './city-step.ts';
import type { Closers } from './closers.ts';
import { firstAnswerStep } from './first-answer.ts';
import { startFleet, stopFleet, type Fleet } from './fleet.ts';
import type { UnaskedExit } from './fleet-member.ts';
import { appNames, simulatorName, type MemberName } from './fleet-members.ts';
import type { Reporter, Step } from './reporter.ts';
import type { StartOptions } from './start-options.ts';
import { contractSteps, stackStep } from './start-services.ts';
import { startMarket, startTraffic } from './start-traffic.ts';
import { watchFleet } from './watch-fleet.ts';

/** In the command line of every `npm start`: a lock whose pid is another program's by now counts for nothing. */
const MARKER = 'tools/run/src/start.ts';

export interface Run {
  options: StartOptions;
  reporter: Reporter;
  /** Gets everything that was opened, so that whoever calls can close it however far the start came. */
  closers: Closers;
  /** Aborted when the run is asked to stop. */
  signal: AbortSignal;
}

function addressesOf(fleet: Fleet, folder: string): [string, string][] {
  return [
    ['estimates', `${fleet.apiUrl}/v1/estimates/{propertyId}`],
    ['documentation', `${fleet.apiUrl}/docs`],
    ["the seller's meter", `${fleet.simulatorUrl}/admin/meter`],
    ...appNames.map((app): [string, string] => [`${app} metrics`, `${fleet.operationsUrl(app)}/metrics`]),
    ['logs', join(folder, 'logs')],
  ];
}

/** Names a process that ended by itself; the others go on, as they would in a cluster until it is started again. */
function tellExit(reporter: Reporter, { member, code, signal, logFile, tail }: UnaskedExit): void {
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  reporter.note(`\n✗ ${member} ended (${how}); the others go on without it. The end of ${logFile}:\n${tail}\n`);
}

/** Apps of a run that was killed would take part in this one; with --fresh the simulator forgets its values too. */
async function clearLeftovers({ instance, fresh }: StartOptions): Promise<void> {
  const folder = dataFolder(instance);
  await stopFleet({ folder });
  if (fresh) await rm(join(folder, 'simulator'), { recursive: true, force: true });
}

/** The simulator, then the city (which it has to know), then the apps: each with a line of its own. */
async function startApps(run: Run, down: Set<MemberName>) {
  const { options, reporter, closers, signal } = run;
  const { instance, homes } = options;
  await clearLeftovers(options);
  const stack = await stackStep(reporter, { instance, fresh: options.fresh, signal });
  closers.add('the backing services', () => stack.stop());
  const contracts = contractSteps(reporter, stack);
  let step: Step | undefined = reporter.begin('simulator');
  let city: City | undefined;
  const loadCity = async (simulatorUrl: string) => {
    await contracts.tables;
    city = await cityStep(reporter, { stack, simulatorUrl, homes });
  };
  try {
    const fleet = await startFleet({
      stack,
      instance,
      signal,
      logLevel: process.env['LOG_LEVEL'] || 'info',
      beforeApps: async ({ simulatorUrl }) => {
        step?.done(`sells estimates at ${simulatorUrl}`);
        step = undefined;
        await Promise.all([contracts.all, loadCity(simulatorUrl)]);
        step = reporter.begin('apps');
      },
      onExit: (exit) => {
        down.add(exit.member);
        tellExit(reporter, exit);
      },
    });
    closers.add('the apps', () => fleet.stop());
    step.done(`${appNames.length} processes are ready`);
    if (city === undefined) throw new Error(`${simulatorName} started without its city`);
    return { fleet, city, stack };
  } catch (thrown) {
    step?.failed();
    throw thrown;
  }
}

/**
 * Everything that `npm start` does until it is asked to stop: the steps, the addresses, then traffic and the live line.
 * With `untilFirstAnswer` it returns as soon as there is one.
 *
 * @throws {StackError} INSTANCE_TAKEN if the instance has a living owner; whatever a step throws. The caller closes `closers`
 */
export async function startRun(run: Run): Promise<void> {
  const { options, reporter, closers, signal } = run;
  const hold = await holdInstance({ instance: options.instance, marker: MARKER });
  closers.add('the lock', () => hold.release());
  const down = new Set<MemberName>();
  const { fleet, city, stack } = await startApps(run, down);
  await firstAnswerStep(reporter, { fleet, place: city.placeAt(0), signal });
  if (options.untilFirstAnswer) return;
  if (options.traffic) {
    closers.add('the market', await startMarket(reporter, { fleet, city, stack }));
    closers.add('the traffic', await startTraffic(reporter, { fleet, city }));
  }
  reporter.addresses(addressesOf(fleet, stack.folder));
  reporter.note(
    options.traffic ? 'People browse. Ctrl-C stops everything.' : 'Nobody browses. Ctrl-C stops everything.',
  );
  const endWatch = watchFleet(fleet, (figures) => reporter.live(figures, [...down]));
  closers.add('the live line', async () => endWatch());
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
