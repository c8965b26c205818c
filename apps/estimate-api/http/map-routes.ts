import type { FastifyInstance } from 'fastify';
import { tileKey } from '@porchlight/geo';
import type { HomeResult } from '../reading/index.ts';
import { streamFormatOf } from './accept.ts';
import { chargeHomes } from './admit.ts';
import { cohortsOf } from './deal-out.ts';
import { MAP_LIMIT_DEFAULT } from './limits.ts';
import { readNumbers } from './numeric-query.ts';
import type { ApiPorts, RoutePorts } from './ports.ts';
import { Problem } from './problem.ts';
import { publishView } from './publish-view.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import { mapJson } from './result-json.ts';
import { densitySchema, mapSchema } from './schemas.ts';
import { answerAsStream, hasSeenTheEnd } from './stream-answer.ts';
import { mapStream } from './stream-forms.ts';
import { checkHomesAreDrawn, checkViewport } from './viewport-check.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const MAP_URL = '/v1/map/estimates';
const DENSITY_URL = '/v1/map/density';

/** Without the list of homes there is nothing to answer: a map waits so long for it, whatever its deadline. */
const LIST_WAIT_MS = 2_000;

interface Density {
  Querystring: { west: number; south: number; east: number; north: number; zoom: number };
}

interface MapView {
  Querystring: Density['Querystring'] & { limit?: number; deadlineMs?: number };
}

/** What a map shows: homes with results, or from far away how many there are. */
export function addMapRoutes(app: FastifyInstance, ports: RoutePorts): void {
  const { mapHomes, reader, meter, deadlines, clock } = ports;
  const withinListWait = <T>(list: Promise<T>): Promise<T> => within(list, LIST_WAIT_MS, clock);
  // A list that took long leaves little time, and still lets the fetches begin.
  const leftOf = (deadlineMs: number, askedAt: number): number =>
    deadlineMs === 0 ? 0 : Math.max(1, deadlineMs - (clock.now() - askedAt));
  const schema = mapSchema(deadlines.mapDefaultMs);

  app.get<MapView>(
    MAP_URL,
    { schema, config: { route: 'map' }, preValidation: readNumbers },
    async (request, reply) => {
      const format = streamFormatOf(request.headers.accept);
      if (format !== null && hasSeenTheEnd(request, format)) return reply.code(204).send();
      const { zoom, limit = MAP_LIMIT_DEFAULT, deadlineMs = deadlines.mapDefaultMs, ...viewport } = request.query;
      checkViewport(viewport);
      checkHomesAreDrawn(zoom);
      const askedAt = clock.now();
      const { homes, truncated } = await withinListWait(mapHomes.homesIn(viewport, limit));
      chargeHomes(request, reply, homes.length, ports);
      const propertyIds = homes.map(({ propertyId }) => propertyId);
      const { readsCache, labels } = cohortsOf(request);
      const question = {
        propertyIds,
        role: request.role,
        deadlineMs: leftOf(deadlineMs, askedAt),
        bypassesCache: !readsCache,
      };
      const publish = (results: readonly HomeResult[]): void =>
        publishView(request, { viewport, zoom, results }, ports);
      if (format !== null) {
        return answerAsStream(request, reply, mapStream(format, question, { homes, truncated }, publish), ports);
      }
      const results = homes.length === 0 ? [] : await reader.read(question);
      meter.homes('map', results, labels);
      publish(results);
      const placed = results.flatMap((result, at) => {
        const home = homes[at];
        return home === undefined ? [] : [{ latitude: home.latitude, longitude: home.longitude, result }];
      });
      return reply.type(JSON_TYPE).send(mapJson(placed, { truncated }));
    },
  );
  refuseOtherMethods(app, MAP_URL, 'GET');

  app.get<Density>(
    DENSITY_URL,
    { schema: densitySchema, config: { route: 'density' }, preValidation: readNumbers },
    async (request, reply) => {
      const { zoom, ...viewport } = request.query;
      checkViewport(viewport);
      const counted = await withinListWait(mapHomes.densityIn(viewport, zoom));
      const tiles = counted.map(({ tile, count }) => ({ tile: tileKey(tile), count }));
      return reply.type(JSON_TYPE).send(JSON.stringify({ tiles }));
    },
  );
  refuseOtherMethods(app, DENSITY_URL, 'GET');
}

/** @throws {Problem} catalog-unavailable, if it takes longer; the reading goes on and is kept */
async function within<T>(work: Promise<T>, waitMs: number, clock: ApiPorts['clock']): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.after(waitMs, () => reject(new Problem('catalog-unavailable')));
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}
