import { ROLES } from '@porchlight/visibility';
import { STATUSES } from '../reading/index.ts';
import { answerExamples, problemExamplesOf, problemsOf } from './answer-examples.ts';
import { problems } from './problem.ts';
import { eventStream, ndjson } from './stream-format.ts';
import { BATCH_IDS_MAX, DEADLINE_MS_MAX, MAP_LIMIT_DEFAULT, MAP_LIMIT_MAX } from './limits.ts';

/** JSON Schemas of the routes; requests are validated against them and the OpenAPI document is printed from them. */

const propertyId = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'Names a home.',
  examples: ['1000102'],
} as const;

const degrees = (what: string) => ({ type: 'number', description: `${what}, WGS 84 degrees.` }) as const;

const edge = (what: string, example: number) => ({ ...degrees(what), examples: [example] }) as const;

const edges = {
  west: edge('Western edge, -180..180; above east: the viewport crosses the antimeridian', -122.31),
  south: edge('Southern edge, -85.0511..85.0511', 47.59),
  east: edge('Eastern edge, -180..180', -122.29),
  north: edge('Northern edge, -85.0511..85.0511', 47.61),
} as const;

const zoom = { type: 'integer', minimum: 0, maximum: 22, description: 'Zoom of the map.', examples: [16] } as const;

const deadlineMs = (defaultMs: number) =>
  ({
    type: 'integer',
    minimum: 0,
    maximum: DEADLINE_MS_MAX,
    default: defaultMs,
    description: 'How long to wait for what is not cached, milliseconds. 0: the cache alone, and nothing is fetched.',
  }) as const;

const usd = { type: 'integer', minimum: 0, description: 'Whole US dollars.' } as const;

const estimate = {
  type: 'object',
  description: 'The estimate of a home.',
  required: ['valueUsd', 'lowUsd', 'highUsd', 'computedAt'],
  properties: {
    valueUsd: usd,
    lowUsd: usd,
    highUsd: usd,
    computedAt: { type: 'integer', description: 'When it was computed, UTC milliseconds.' },
  },
} as const;

const result = {
  type: 'object',
  required: ['propertyId', 'status'],
  properties: {
    propertyId,
    status: {
      type: 'string',
      enum: STATUSES,
      description:
        'unknown: no such property. withheld: nobody may see it. restricted: requiredRole may. none: there is no estimate. ' +
        'available. pending: not cached by the deadline; ask again. unavailable: cannot be shown safely now.',
    },
    estimate,
    requiredRole: {
      type: 'string',
      enum: ROLES,
      description: 'With restricted: the lowest role that may see the value.',
    },
  },
} as const;

const pending = { type: 'integer', minimum: 0, description: 'How many results are pending.' } as const;

const problem = {
  type: 'object',
  description: 'RFC 9457 problem document.',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problems), description: 'Stable.' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'This one occurrence; the same id stands in the log.' },
  },
} as const;

const text = (description: string) => ({ type: 'string', description }) as const;

const answerHeaders = {
  'x-request-id': text('Names this request: the one that was given, if it is safe, else a new one.'),
  ratelimit: text('What is left of the limit that this call was counted under; absent where there is none.'),
  'ratelimit-policy': text('That limit (draft-ietf-httpapi-ratelimit-headers-11).'),
} as const;

const ok = (description: string, schema: object, example: object, otherForms: object = {}) => ({
  description,
  headers: answerHeaders,
  content: { 'application/json': { schema, example }, ...otherForms },
});

/** The same answer, home by home: what one event of it looks like, and how a stream of them does. */
const streamed = (what: string, event: 'result' | 'home', { home, end }: { home: string; end: string }) => ({
  [eventStream.contentType]: {
    schema: {
      type: 'string',
      description:
        `Server-sent events: one \`${event}\` for each home, its data ${what}; hits first, then as they come; ` +
        'last `end`, its data {reason, pending} with the reason complete, deadline or stopping, or `problem`, its data a problem ' +
        'document. A stream without one of these two at its end was cut.',
    },
    example: eventStream.print(event, home) + eventStream.print('end', end),
  },
  [ndjson.contentType]: {
    schema: { type: 'string', description: 'The same events, each a line of JSON of which the only key is its name.' },
    example: ndjson.print(event, home) + ndjson.print('end', end),
  },
});

const noMore = {
  type: 'null',
  description: 'To an EventSource that has seen the end of its stream: it need not ask again.',
} as const;

const resultExample = JSON.stringify(answerExamples.single);

const retryAfter = { type: 'integer', minimum: 1, description: 'Seconds until it is worth asking again.' } as const;

/** The problems that a route may answer with, one entry for each status. */
const refusals = (...statuses: number[]) =>
  Object.fromEntries(
    [...new Set([...statuses, 401, 403, 405, 408, 429, 431, 500, 503])].map((status) => [
      status,
      {
        description: problemsOf(status),
        headers: status === 429 || status === 503 ? { ...answerHeaders, 'retry-after': retryAfter } : answerHeaders,
        content: { 'application/problem+json': { schema: problem, examples: problemExamplesOf(status) } },
      },
    ]),
  );

const common = { tags: ['estimates'], security: [{}, { viewer: [] }], headers: viewerHeaders() } as const;

function viewerHeaders() {
  return {
    type: 'object',
    properties: {
      'x-viewer-role': {
        type: 'string',
        enum: ROLES, // refused before it is looked at here: this is for readers
        description: 'The role that a service renders for; needs the scope estimates:act-as.',
      },
      'x-session-id': { type: 'string', description: "Groups a viewer's requests; opaque, never logged." },
      'x-request-id': {
        type: 'string',
        description:
          'Names this request in its answer and in the log, if it is 1 to 64 letters, digits, ".", "_", "-".',
      },
    },
  } as const;
}

export const singleSchema = (defaultDeadlineMs: number) => ({
  ...common,
  operationId: 'getEstimate',
  summary: 'The estimate of one home.',
  params: { type: 'object', required: ['propertyId'], properties: { propertyId } },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: { deadlineMs: deadlineMs(defaultDeadlineMs) },
  },
  response: { 200: ok('What this viewer may know of it.', result, answerExamples.single), ...refusals(400, 404) },
});

export const batchSchema = (defaultDeadlineMs: number) => ({
  ...common,
  operationId: 'batchGetEstimates',
  summary: 'The estimates of up to 500 homes, in the order asked.',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['propertyIds'],
    dependentRequired: { viewport: ['zoom'], zoom: ['viewport'] },
    properties: {
      propertyIds: { type: 'array', minItems: 1, maxItems: BATCH_IDS_MAX, items: propertyId },
      deadlineMs: deadlineMs(defaultDeadlineMs),
      viewport: {
        type: 'object',
        description: 'What the viewer looks at; with zoom, its neighbours are warmed.',
        additionalProperties: false,
        required: ['west', 'south', 'east', 'north'],
        properties: edges,
      },
      zoom,
    },
    examples: [{ propertyIds: ['1000102', '1200019'], deadlineMs: 250 }],
  },
  response: {
    200: ok(
      'One result for each id; as a stream, one event for each.',
      {
        type: 'object',
        required: ['results', 'pending'],
        properties: { results: { type: 'array', items: result }, pending },
      },
      answerExamples.batch,
      streamed('its result', 'result', { home: resultExample, end: '{"reason":"complete","pending":0}' }),
    ),
    204: noMore,
    ...refusals(400, 406, 413, 415, 422),
  },
});

const viewportQuery = { ...edges, zoom };
const viewportRequired = ['west', 'south', 'east', 'north', 'zoom'] as const;

export const mapSchema = (defaultDeadlineMs: number) => ({
  ...common,
  tags: ['map'],
  operationId: 'getMapEstimates',
  summary: 'The homes in a viewport with their estimates, in order of id.',
  querystring: {
    type: 'object',
    additionalProperties: false,
    required: viewportRequired,
    properties: {
      ...viewportQuery,
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: MAP_LIMIT_MAX,
        default: MAP_LIMIT_DEFAULT,
        description: 'Most homes.',
      },
      deadlineMs: deadlineMs(defaultDeadlineMs),
    },
  },
  response: {
    200: ok(
      'Homes in view; as a stream, one event for each.',
      {
        type: 'object',
        required: ['homes', 'truncated', 'pending'],
        properties: {
          homes: {
            type: 'array',
            items: {
              type: 'object',
              required: ['latitude', 'longitude', 'result'],
              properties: { latitude: degrees('Latitude'), longitude: degrees('Longitude'), result },
            },
          },
          truncated: { type: 'boolean', description: 'There are more homes in view than these.' },
          pending,
        },
      },
      answerExamples.map,
      streamed('its place and result; end says `truncated` too', 'home', {
        home: `{"latitude":47.6,"longitude":-122.3,"result":${resultExample}}`,
        end: '{"reason":"complete","truncated":false,"pending":0}',
      }),
    ),
    204: noMore,
    ...refusals(400, 406, 422),
  },
});

export const densitySchema = {
  ...common,
  tags: ['map'],
  operationId: 'getMapDensity',
  summary: 'How many homes each tile in a viewport has; no values.',
  querystring: {
    type: 'object',
    additionalProperties: false,
    required: viewportRequired,
    properties: viewportQuery,
  },
  response: {
    200: ok(
      'Tiles with homes.',
      {
        type: 'object',
        required: ['tiles'],
        properties: {
          tiles: {
            type: 'array',
            items: {
              type: 'object',
              required: ['tile', 'count'],
              properties: {
                tile: { type: 'string', description: 'zoom/x/y, web Mercator.' },
                count: { type: 'integer', minimum: 1, description: 'Homes in the whole tile.' },
              },
            },
          },
        },
      },
      answerExamples.density,
    ),
    ...refusals(400, 422),
  },
};
