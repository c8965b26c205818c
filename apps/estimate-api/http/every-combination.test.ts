import { expect, test } from '@jest/globals';
import type { ListingStatus } from '@porchlight/contracts';
import { createApiBench } from '../testing/api-bench.ts';
import { estimateOf, jsonOfValue } from '../testing/reading-bench.ts';
import { everyCase, rulesFor, type VisibilityCase } from '../testing/visibility-table.ts';
import { trustedViewerOf } from '../viewer/trusted-viewer.ts';

const VALUE = jsonOfValue(500_000);
const VIEW = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';

const homeNameOf = ({ facts: { mlsId, overrideLevel } }: VisibilityCase): string => `${mlsId}-${overrideLevel}`;

/** What the table says of a home, as it is printed. */
function printed(one: VisibilityCase): string {
  const head = `{"propertyId":"${homeNameOf(one)}","status":`;
  if (one.verdict === 'shown') return `${head}"available","estimate":${VALUE}}`;
  return one.verdict === 'withheld' ? `${head}"withheld"}` : `${head}"restricted","requiredRole":"${one.verdict}"}`;
}

/** Every home of one listing status, cached with its facts: whatever is understood of them. */
async function bench(status: ListingStatus) {
  const all = await createApiBench({ viewerOf: trustedViewerOf({ gatewaySecret: undefined }) });
  const { app, cache, clock } = all;
  for (const rule of rulesFor(status)) await all.rule(rule);
  await clock.advance(2_000);
  const homes = everyCase.filter(({ facts, role }) => facts.status === status && role === 'agent');
  for (const one of homes) {
    const propertyId = homeNameOf(one);
    all.home(propertyId);
    const [won] = await cache.acquire([{ propertyId, nonce: `n-${propertyId}` }], 's');
    if (won?.outcome !== 'win') throw new Error(`${propertyId} cannot be filled`);
    const facts = { ...one.facts, visibilityVersion: 1, checkedAt: clock.now() };
    await cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts, estimate: estimateOf(1) }]);
  }
  const askAs = (role: string, accept: string, url: string, payload?: object) =>
    app.inject({
      method: payload === undefined ? 'GET' : 'POST',
      url,
      ...(payload && { payload }),
      headers: { 'x-viewer-role': role, accept },
    });
  return { ...all, askAs };
}

const NDJSON = 'application/x-ndjson';
const EVENTS = 'text/event-stream';

test.each(['active', 'off_market', 'unknown'] as const)(
  'homes that are %s: every combination of MLS rule, override and role is told as the table says, in every form',
  async (status) => {
    const { app, askAs, source } = await bench(status);
    const cases = everyCase.filter(({ facts }) => facts.status === status);
    const propertyIds = cases.filter(({ role }) => role === 'agent').map(homeNameOf);
    for (const role of ['unregistered', 'registered', 'verified', 'agent'] as const) {
      const expected = cases.filter((one) => one.role === role).map(printed);
      expect(expected).toHaveLength(56);
      const batch = await askAs(role, '*/*', '/v1/estimates:batchGet', { propertyIds });
      expect(batch.body).toBe(`{"results":[${expected.join(',')}],"pending":0}`);
      const told = [
        await askAs(role, NDJSON, '/v1/estimates:batchGet', { propertyIds }),
        await askAs(role, EVENTS, '/v1/estimates:batchGet', { propertyIds }),
        await askAs(role, '*/*', `/v1/map/estimates?${VIEW}`),
        await askAs(role, NDJSON, `/v1/map/estimates?${VIEW}`),
        await askAs(role, EVENTS, `/v1/map/estimates?${VIEW}`),
      ];
      for (const { body } of told) expect(expected.filter((json) => !body.includes(json))).toEqual([]);
      const singles = await Promise.all(propertyIds.map((id) => askAs(role, '*/*', `/v1/estimates/${id}`)));
      expect(singles.map(({ body }) => body)).toEqual(expected);
      const shown = expected.filter((json) => json.includes('"available"')).length;
      for (const { body } of [batch, ...told]) expect(body.split('"valueUsd"').length - 1).toBe(shown);
    }
    expect(source.calls).toEqual([]);
    await app.close();
  },
);
