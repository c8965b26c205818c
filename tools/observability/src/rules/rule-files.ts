import { rateBy } from '../promql.ts';
import type { Alert, RuleFile } from './alert.ts';
import { burnAlerts, levelRecordings } from './burn-rates.ts';
import { cacheAlerts } from './cache-alerts.ts';
import { lagMinimum, pipelineAlerts } from './pipeline-alerts.ts';
import { serviceAlerts } from './service-alerts.ts';
import { momentRecordings, serviceLevels } from './service-levels.ts';

const known = { status: { notIn: ['unknown'] } };
const hitShare = (window: string) => ({
  record: `porchlight:items_hit:ratio_rate${window}`,
  expr: `${rateBy('porchlight.estimate_api.items', [], { ...known, source: { in: ['hit', 'warm_hit'] } }, window)} / ${rateBy('porchlight.estimate_api.items', [], known, window)}`,
});

/** Every file of deploy/prometheus/rules. */
export const ruleFiles: readonly RuleFile[] = [
  {
    name: 'service-levels',
    testedEvery: '5m',
    about: 'What is promised over thirty days, and the alerts that say how fast the budget of failures is used up.',
    groups: [
      { name: 'porchlight-moments', interval: '30s', recordings: momentRecordings },
      ...serviceLevels.map((level) => ({
        name: `porchlight-slo-${level.slo}`,
        interval: '30s',
        recordings: levelRecordings(level),
      })),
      { name: 'porchlight-burn-rates', interval: '30s', alerts: burnAlerts },
    ],
  },
  {
    name: 'cache',
    about: 'What may show somebody a value that he must not see, or makes the cache useless.',
    groups: [
      { name: 'porchlight-hits', recordings: [hitShare('5m'), hitShare('30m')] },
      { name: 'porchlight-cache', alerts: cacheAlerts },
    ],
  },
  {
    name: 'pipeline',
    about: 'What the stream apps have in common.',
    groups: [
      { name: 'porchlight-lag', recordings: [lagMinimum] },
      { name: 'porchlight-pipeline', alerts: pipelineAlerts },
    ],
  },
  {
    name: 'service',
    about: 'The service, the paid API behind it, and the processes themselves.',
    groups: [{ name: 'porchlight-service', alerts: serviceAlerts }],
  },
];

export const alertsOf = ({ groups }: RuleFile): readonly Alert[] => groups.flatMap(({ alerts = [] }) => alerts);
export const alertNames = (): readonly string[] => [...new Set(ruleFiles.flatMap(alertsOf).map(({ name }) => name))];
