import {
  brokenWorlds,
  fullWorlds,
  search,
  smallWorlds,
  tell,
  type Searched,
  type World,
} from '@porchlight/estimate-cache/model';
import type { Check, CheckResult, Say } from '../check.ts';
import { modelMutants, searchMutant } from './model-mutants.ts';

const PROGRESS_EVERY_MS = 5_000;

/** Says now and then how far the search is: a full world takes minutes. */
function progressOf(say: Say, { name }: World) {
  let saidAt = performance.now();
  return (states: number, depth: number, waiting: number): void => {
    if (performance.now() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = performance.now();
    say(`  ${name}: ${states} states, ${depth} deep, ${waiting} to look at …`);
  };
}

/** One world, to its end. */
function searchWorld(world: World, say: Say): Searched & { readonly seconds: number } {
  const startedAt = performance.now();
  const searched = search(world, { onLayer: progressOf(say, world) });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const { states, depth, found } = searched;
  say(
    `${found === null ? 'holds ' : 'BROKEN'} ${world.name}: ${states} states, ${depth} deep, ${seconds} s. ${world.about}`,
  );
  if (found !== null) say(tell(found));
  return { ...searched, seconds };
}

/** A world that must be broken, and the story of how. @returns whether it was */
function searchBroken(world: World, say: Say): boolean {
  const { found } = search(world);
  say(found === null ? `SURVIVED ${world.name}` : `broken, as it must be: ${world.name}\n${tell(found)}`);
  return found !== null;
}

/** Each guard taken out in turn, with the shortest story that shows what it is for. */
async function searchMutants(say: Say, signal: AbortSignal): Promise<{ mutants: number; mutantsKilled: number }> {
  const worldNames = new Map(smallWorlds.map(({ name }) => [name.replaceAll(' ', '-'), name]));
  const list = modelMutants((file) => worldNames.get(file) ?? file);
  let mutantsKilled = brokenWorlds.filter((world) => searchBroken(world, say)).length;
  for (const each of list) {
    signal.throwIfAborted();
    const { promise, story } = await searchMutant(each, signal);
    say(
      promise === null
        ? `SURVIVED without: ${each.mutant.guards}`
        : `killed: without "${each.mutant.guards}"\n${story}`,
    );
    if (promise !== null) mutantsKilled += 1;
  }
  return { mutants: list.length + brokenWorlds.length, mutantsKilled };
}

const chosenWorlds = (name: string | undefined): readonly World[] => {
  const worlds = [...smallWorlds, ...fullWorlds];
  if (name === undefined) return worlds;
  const chosen = worlds.filter((world) => world.name === name);
  if (chosen.length === 0) throw new Error(`there is no world "${name}": --list names them`);
  return chosen;
};

/** Every order of everything that may happen to one home, searched to the end: the shipped transitions and decisions. */
export const model: Check = {
  name: 'model',
  proves:
    'That no order of requests, changes, evictions, repeats and failovers breaks a promise of the cache protocol.',
  configure: (command) =>
    void command
      .option('--world <name>', 'only this world, and no mutants')
      .option('--no-mutants', 'the worlds, without taking lines out'),
  list: () => [...smallWorlds, ...fullWorlds, ...brokenWorlds].map(({ name, about }) => `${name}: ${about}`),
  async run(options, say, signal): Promise<CheckResult> {
    const startedAt = performance.now();
    const searched: Searched[] = [];
    for (const world of chosenWorlds(options['world'] as string | undefined)) {
      searched.push(searchWorld(world, say));
      await new Promise((resolve) => void setImmediate(resolve)); // a stop that somebody asked for is heard here
      signal.throwIfAborted();
    }
    const isWhole = options['world'] === undefined && options['mutants'] !== false;
    const { mutants, mutantsKilled } = isWhole ? await searchMutants(say, signal) : { mutants: 0, mutantsKilled: 0 };
    const violations = searched.filter(({ found }) => found !== null).length;
    return {
      passed: violations === 0 && mutantsKilled === mutants,
      figures: {
        worlds: searched.length,
        states: searched.reduce((sum, { states }) => sum + states, 0),
        statesLargest: Math.max(...searched.map(({ states }) => states)),
        depth: Math.max(...searched.map(({ depth }) => depth)),
        violations,
        mutants,
        mutantsKilled,
        seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      },
    };
  },
};
