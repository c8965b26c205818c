import type { Check, CheckResult, Say } from '../check.ts';
import { modelMutants, searchMutant } from './model-mutants.ts';
import {
  checkedWorlds,
  chosenWorld,
  worldsThatBreak,
  type CheckedWorld,
  type Progress,
  type WorldSearched,
} from './worlds.ts';

const PROGRESS_EVERY_MS = 5_000;

/** Says now and then how far the search is: a full world takes minutes. */
function progressOf(say: Say, { name }: CheckedWorld) {
  let saidAt = performance.now();
  return ({ states, depth, waiting }: Progress): void => {
    if (performance.now() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = performance.now();
    say(`  ${name}: ${states} states, ${depth} deep, ${waiting} to look at …`);
  };
}

const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 100) / 10;

type Ended = WorldSearched & Pick<CheckedWorld, 'of'>;

/** One world, to its end. */
function searchWorld(world: CheckedWorld, say: Say): Ended {
  const startedAt = performance.now();
  const searched = world.search(progressOf(say, world));
  const { states, depth, story } = searched;
  const verdict = story === null ? 'holds ' : 'BROKEN';
  say(`${verdict} ${world.name}: ${states} states, ${depth} deep, ${secondsSince(startedAt)} s. ${world.about}`);
  if (story !== null) say(story);
  return { ...searched, of: world.of };
}

/** A world that must be broken, and the story of how. @returns whether it was */
function searchBroken(world: CheckedWorld, say: Say): boolean {
  const { story } = world.search();
  say(story === null ? `SURVIVED ${world.name}` : `broken, as it must be: ${world.name}\n${story}`);
  return story !== null;
}

/** Each guard taken out in turn, with the shortest story that shows what it is for. */
async function searchMutants(say: Say, signal: AbortSignal): Promise<{ mutants: number; mutantsKilled: number }> {
  const list = modelMutants();
  let mutantsKilled = worldsThatBreak.filter((world) => searchBroken(world, say)).length;
  for (const each of list) {
    signal.throwIfAborted();
    const { guards } = each.mutant;
    const broken = await searchMutant(each, signal);
    say(
      broken === null ? `SURVIVED without: ${guards}` : `killed: without "${guards}", ${broken.world}\n${broken.story}`,
    );
    if (broken !== null) mutantsKilled += 1;
  }
  return { mutants: list.length + worldsThatBreak.length, mutantsKilled };
}

/** What the searches saw, for the last line. */
function figuresOf(searched: readonly Ended[]) {
  const statesOf = (list: readonly Ended[]): number => list.reduce((sum, { states }) => sum + states, 0);
  const ofMarks = searched.filter((each) => each.of === 'marks');
  return {
    worlds: searched.length,
    states: statesOf(searched),
    statesLargest: Math.max(...searched.map(({ states }) => states)),
    depth: Math.max(...searched.map(({ depth }) => depth)),
    markWorlds: ofMarks.length,
    markStates: statesOf(ofMarks),
    violations: searched.filter(({ story }) => story !== null).length,
  };
}

/** Every order of everything that may happen to one home, and to the marks, searched to the end: the shipped transitions and decisions. */
export const model: Check = {
  name: 'model',
  proves:
    'That no order of requests, changes, evictions, repeats and failovers breaks a promise of the cache protocol.',
  configure: (command) =>
    void command
      .option('--world <name>', 'only this world, and no mutants')
      .option('--no-mutants', 'the worlds, without taking lines out'),
  list: () => [...checkedWorlds, ...worldsThatBreak].map(({ name, about }) => `${name}: ${about}`),
  async run(options, say, signal): Promise<CheckResult> {
    const startedAt = performance.now();
    const searched: Ended[] = [];
    const name = options['world'] as string | undefined;
    for (const world of name === undefined ? checkedWorlds : [chosenWorld(name)]) {
      searched.push(searchWorld(world, say));
      await new Promise((resolve) => void setImmediate(resolve)); // a stop that somebody asked for is heard here
      signal.throwIfAborted();
    }
    const isWhole = name === undefined && options['mutants'] !== false;
    const { mutants, mutantsKilled } = isWhole ? await searchMutants(say, signal) : { mutants: 0, mutantsKilled: 0 };
    const figures = figuresOf(searched);
    return {
      passed: figures.violations === 0 && mutantsKilled === mutants,
      figures: { ...figures, mutants, mutantsKilled, seconds: secondsSince(startedAt) },
    };
  },
};
