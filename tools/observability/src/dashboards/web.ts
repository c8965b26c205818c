import { maxBy, observedPerSecond, quantileBy, rateBy, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

const http = 'http.server.request.duration';
const status = 'http.response.status_code';
const QUANTILES = [0.5, 0.9, 0.99] as const;

export const webDashboard: Dashboard = {
  uid: 'porchlight-web',
  title: 'Porchlight: web endpoints',
  description:
    'Every route of estimate-api: how much, how fast, what fails, who is turned away; and the events that leave it.',
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests by route',
          description: 'What was answered, whatever the status.',
          unit: 'reqps',
          kind: 'stacked',
          runbook: 'PorchlightAvailabilityBurnsFast',
          queries: [{ expr: sumBy(['http.route'], observedPerSecond(http)), legend: '{{http_route}}' }],
        },
        {
          title: 'Requests by status',
          description: '4xx are the callers; 429 is a rate limit; 5xx use up the error budget.',
          unit: 'reqps',
          runbook: 'PorchlightAvailabilityBurnsFast',
          queries: [{ expr: sumBy([status], observedPerSecond(http)), legend: '{{http_response_status_code}}' }],
        },
        {
          title: 'Requests that failed',
          description: 'Share with a status of 5xx.',
          unit: 'percentunit',
          runbook: 'PorchlightAvailabilityBurnsFast',
          emptyUntil: 'a request fails',
          queries: [
            {
              expr: `${sumBy(['http.route'], observedPerSecond(http, { [status]: { pattern: '5..' } }))} / ${sumBy(['http.route'], observedPerSecond(http))}`,
              legend: '{{http_route}}',
            },
          ],
        },
        {
          title: 'Median by route',
          description: 'A hit takes a few milliseconds; a map answer waits up to 250 ms for what is missing.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          queries: [{ expr: quantileBy(0.5, http, ['http.route']), legend: '{{http_route}}' }],
        },
        {
          title: '99th percentile by route',
          description: 'Includes what waits for the paid API, up to the deadline of the call.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          queries: [{ expr: quantileBy(0.99, http, ['http.route']), legend: '{{http_route}}' }],
        },
        {
          title: 'The map',
          description: 'From the arrival of a call to its answer, streams left out.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          queries: QUANTILES.map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.estimate_api.answer.duration', [], { route: 'map' }),
            legend: `p${quantile * 100}`,
          })),
        },
      ],
    },
    {
      title: 'Streams',
      panels: [
        {
          title: 'Streams by their end',
          description: 'gone: the client left; cut: it did not read.',
          unit: 'cps',
          runbook: 'PorchlightLatencyBurnsFast',
          emptyUntil: 'a caller asks for a stream',
          queries: [
            { expr: rateBy('porchlight.estimate_api.streams', ['route', 'end']), legend: '{{route}}: {{end}}' },
          ],
        },
        {
          title: 'First home of a stream',
          description: 'What is cached is told at once.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          emptyUntil: 'a caller asks for a stream',
          queries: [0.5, 0.99].map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.estimate_api.stream.first_byte.duration', ['route']),
            legend: `{{route}} p${quantile * 100}`,
          })),
        },
      ],
    },
    {
      title: 'The door',
      panels: [
        {
          title: 'Requests inside',
          description: 'Let in and not answered yet, by process.',
          unit: 'short',
          runbook: 'PorchlightRequestsRefused',
          queries: [
            { expr: maxBy(['instance'], series('porchlight.estimate_api.requests.open')), legend: '{{instance}}' },
          ],
        },
        {
          title: 'Refused at the door',
          description: 'More was asked than can be answered; what is let in is answered in time.',
          unit: 'reqps',
          runbook: 'PorchlightRequestsRefused',
          emptyUntil: 'more is asked than the processes can answer',
          queries: [{ expr: rateBy('porchlight.estimate_api.refused', ['reason']), legend: '{{reason}}' }],
        },
        {
          title: 'Over a rate limit',
          description: 'Answered with 429, by the limit that was used up.',
          unit: 'reqps',
          runbook: 'PorchlightRequestsRefused',
          emptyUntil: 'a caller uses up a rate limit',
          queries: [{ expr: rateBy('porchlight.estimate_api.limited', ['policy']), legend: '{{policy}}' }],
        },
        {
          title: 'Connections closed as they came',
          description: 'There were as many as there may be.',
          unit: 'cps',
          runbook: 'PorchlightRequestsRefused',
          emptyUntil: 'there are as many connections as there may be',
          queries: [{ expr: rateBy('porchlight.estimate_api.connections.refused', []), legend: 'connections' }],
        },
        {
          title: 'Rate limits counted alone',
          description: 'Redis did not say the count: each process keeps to its share.',
          unit: 'cps',
          runbook: 'PorchlightCountsAlone',
          emptyUntil: 'Redis does not answer for rate limits',
          queries: [{ expr: rateBy('porchlight.estimate_api.limits.alone', []), legend: 'counts' }],
        },
      ],
    },
    {
      title: 'Viewport events',
      panels: [
        {
          title: 'Published',
          description: 'Acknowledged by Kafka. A request never waits for it.',
          unit: 'cps',
          runbook: 'PorchlightViewsDropped',
          queries: [{ expr: rateBy('porchlight.publisher.published', ['topic']), legend: '{{topic}}' }],
        },
        {
          title: 'Let go',
          description: 'Their neighbourhoods are not warmed; nothing else is lost.',
          unit: 'cps',
          runbook: 'PorchlightViewsDropped',
          emptyUntil: 'Kafka does not take an event in time',
          queries: [{ expr: rateBy('porchlight.publisher.dropped', ['reason']), legend: '{{reason}}' }],
        },
        {
          title: 'Until Kafka has it',
          description: 'From publish() to the acknowledgement.',
          unit: 's',
          runbook: 'PorchlightViewsDropped',
          queries: [0.5, 0.99].map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.publisher.acknowledged.duration'),
            legend: `p${quantile * 100}`,
          })),
        },
      ],
    },
  ],
};
