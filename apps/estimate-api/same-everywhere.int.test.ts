import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Estimate } from '@porchlight/contracts';
import { FLEET_VIEW, openFleetGround, type FleetGround } from './testing/fleet-ground.ts';
import { judgeSameness } from './testing/judge-sameness.ts';
import { tellersOf, watchHome, type Change, type Teller } from './testing/watch-home.ts';

/** One home, asked of two processes in every form while it is revalued, hidden and shown again, on real servers. */

const PREFIX = `s${randomBytes(6).toString('hex')}`;
const OTHERS = Array.from({ length: 20 }, (_, at) => `${PREFIX}-other-${at}`);
const TEST_MS = 240_000;
const homeOf = (name: string): string => `${PREFIX}-${name}`;

let ground: FleetGround;
beforeAll(async () => {
  ground = await openFleetGround();
  // Before anybody looks at the map: a tile's list is kept for a minute.
  const all = [...OTHERS, ...['unregistered', 'agent', 'printed', 'kept'].map(homeOf)];
  await ground.addHomes(all);
  for (const id of all) ground.upstream.estimates.set(id, estimateOf(1));
}, 60_000);
afterAll(() => ground.close(), 60_000);

const estimateOf = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: 700_000 + estimateVersion,
  lowUsd: 650_000,
  highUsd: 750_000,
  computedAt: 1_700_000_000_000,
});
const available = (id: string, version: number): string =>
  `{"propertyId":"${id}","status":"available","estimate":{"valueUsd":${700_000 + version},"lowUsd":650000,` +
  '"highUsd":750000,"computedAt":1700000000000}}';
const restricted = (id: string): string => `{"propertyId":"${id}","status":"restricted","requiredRole":"agent"}`;

/** The life of a home as a viewer of one role is told of it; made once, whoever watches. */
function lifeOf(id: string, role: 'unregistered' | 'agent'): Change[] {
  let version = 1;
  let isHidden = false;
  const change = (make: () => Promise<void>): Change => ({
    bytes: isHidden && role === 'unregistered' ? restricted(id) : available(id, version),
    make,
  });
  const revalued = (): Change => {
    version += 1;
    const estimate = estimateOf(version);
    return change(async () => {
      ground.upstream.estimates.set(id, estimate); // the topic is written only after the API serves it
      await ground.redis.cache.update([{ propertyId: id, estimateVersion: estimate.estimateVersion, estimate }]);
    });
  };
  const hidden = (): Change => {
    isHidden = true;
    return change(() => ground.override(id, 'agent'));
  };
  const shown = (): Change => {
    isHidden = false;
    return change(() => ground.override(id, null));
  };
  const asItIs = change(() => Promise.resolve());
  return [asItIs, revalued(), hidden(), revalued(), shown(), revalued(), hidden(), shown(), revalued()];
}

const forViewer = (id: string, role: string) => ({ propertyId: id, others: OTHERS, view: FLEET_VIEW, role });

test.each(['unregistered', 'agent'] as const)(
  'at each moment all forms of both processes give a viewer (%s) the same bytes, and none the older after a change',
  async (role) => {
    const id = homeOf(role);
    const tellers = tellersOf(ground.ports, forViewer(id, role));
    const names = tellers.map(({ name }) => name);
    const { states, sightings } = await watchHome(tellers, lifeOf(id, role));
    const { violations, betweenChanges } = judgeSameness(states, sightings, names);
    expect(violations).toEqual([]);
    expect([names.length, states.length]).toEqual([14, 9]);
    expect(betweenChanges).toBeGreaterThanOrEqual(14 * 9);
  },
  TEST_MS,
);

/** What everybody must be unlike. */
describe('the same judge finds out', () => {
  const sortedText = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'object' && part !== null
        ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => one.localeCompare(other)))
        : part,
    );
  /** Understands the answer and prints it again, as many a serializer would. */
  const printingAgain = ({ name, ask }: Teller): Teller => ({
    name: `${name}, printed again`,
    ask: async () => sortedText(JSON.parse(await ask())),
  });
  /** Has values of its own, of which each is good for some answers. */
  const ANSWERS_OF_A_VALUE = 20;
  const keepingValues = ({ name, ask }: Teller): Teller => {
    let [kept, times] = ['', 0];
    return {
      name: `${name}, kept`,
      async ask() {
        if (times % ANSWERS_OF_A_VALUE === 0) kept = await ask();
        times += 1;
        await new Promise((resolve) => setTimeout(resolve, 1)); // others are to be heard too
        return kept;
      },
    };
  };

  test.each([
    ['a form that prints the JSON again', 'printed', printingAgain, 'bytes of no state'],
    ['a process with values of its own', 'kept', keepingValues, 'older than may be'],
  ] as const)(
    '%s, and nobody else',
    async (_what, home, made, why) => {
      const id = homeOf(home);
      const [one, other] = tellersOf(ground.ports.slice(0, 1), forViewer(id, 'unregistered'));
      if (one === undefined || other === undefined) throw new Error('there are no forms');
      const odd = made(one);
      const tellers = [one, other, odd];
      const { states, sightings } = await watchHome(tellers, lifeOf(id, 'unregistered'));
      const { violations } = judgeSameness(states, sightings, [one.name, other.name]);
      expect(violations.filter((violation) => violation.startsWith(`${odd.name}: ${why}`)).length).toBeGreaterThan(0);
      expect(violations.filter((violation) => !violation.startsWith(odd.name))).toEqual([]);
    },
    TEST_MS,
  );
});
