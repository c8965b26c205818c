import { BUDGET_LEFT, badShareOf } from '../rules/burn-rates.ts';
import { serviceLevels } from '../rules/service-levels.ts';
import { everyJob, jobs, maxBy, perSecond, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

const BURN_WINDOWS = ['5m', '1h', '6h'] as const;

export const fleetDashboard: Dashboard = {
  uid: 'porchlight-fleet',
  title: 'Porchlight: service levels and processes',
  description: 'Begin here: is what was promised kept, and is every process well?',
  rows: [
    {
      title: 'Error budget of thirty days that is left',
      panels: serviceLevels.map(({ slo, alert, promise }) => ({
        title: slo,
        description: `Promised: ${promise}. Below zero the budget is spent.`,
        unit: 'percentunit' as const,
        kind: 'figure' as const,
        runbook: `${alert}BurnsFast`,
        queries: [{ expr: `${BUDGET_LEFT}{slo="${slo}"}`, legend: slo }],
      })),
    },
    {
      title: 'Share that was bad',
      panels: serviceLevels.map(({ slo, alert, promise }) => ({
        title: `Bad share: ${slo}`,
        description: `Promised: ${promise}.`,
        unit: 'percentunit' as const,
        runbook: `${alert}BurnsSlowly`,
        queries: BURN_WINDOWS.map((window) => ({ expr: badShareOf(slo, window), legend: window })),
      })),
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'Processes that answer',
          description: 'By app. A stopped app delays its own step and nothing else.',
          unit: 'short',
          runbook: 'PorchlightAppMissing',
          queries: [{ expr: `sum by (job) (up{job=~"${jobs.join('|')}"})`, legend: '{{job}}' }],
        },
        {
          title: 'Resident memory',
          description: 'The largest of each app.',
          unit: 'bytes',
          runbook: 'PorchlightEventLoopBusy',
          queries: [{ expr: maxBy(['job'], series('process.memory.usage', { job: everyJob })), legend: '{{job}}' }],
        },
        {
          title: 'JavaScript heap',
          description: 'The largest of each app; a slope over days is a leak.',
          unit: 'bytes',
          runbook: 'PorchlightEventLoopBusy',
          queries: [{ expr: maxBy(['job'], series('v8js.memory.heap.used', { job: everyJob })), legend: '{{job}}' }],
        },
        {
          title: 'Processor time',
          description: 'Cores that are used, all processes of an app.',
          unit: 'short',
          runbook: 'PorchlightEventLoopBusy',
          queries: [{ expr: sumBy(['job'], perSecond('process.cpu.time', { job: everyJob })), legend: '{{job}}' }],
        },
        {
          title: 'Event loop in use',
          description: 'The busiest process of each app: near 1 it can do no more.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightEventLoopBusy',
          queries: [
            { expr: maxBy(['job'], series('nodejs.eventloop.utilization', { job: everyJob })), legend: '{{job}}' },
          ],
        },
        {
          title: 'Event loop delay',
          description: '99th percentile of the time that something ready had to wait, the worst process of each app.',
          unit: 's',
          runbook: 'PorchlightEventLoopBusy',
          queries: [
            { expr: maxBy(['job'], series('nodejs.eventloop.delay.p99', { job: everyJob })), legend: '{{job}}' },
          ],
        },
        {
          title: 'Last reading of the flags',
          description: 'Twice a second is usual.',
          unit: 's',
          runbook: 'PorchlightFlagsUnread',
          queries: [{ expr: maxBy(['job'], series('porchlight.flags.read.age')), legend: '{{job}}' }],
        },
        {
          title: 'Readings of the flags',
          description: 'By what was read.',
          unit: 'cps',
          runbook: 'PorchlightFlagsUnread',
          queries: [{ expr: sumBy(['reading'], perSecond('porchlight.flags.readings')), legend: '{{reading}}' }],
        },
        {
          title: 'Time since the start',
          description: 'The youngest process of each app: one that never gets old is being restarted.',
          unit: 's',
          runbook: 'PorchlightAppMissing',
          queries: [{ expr: `min by (job) (${series('process.uptime', { job: everyJob })})`, legend: '{{job}}' }],
        },
      ],
    },
  ],
};
