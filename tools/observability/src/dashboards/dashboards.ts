import { cacheDashboard } from './cache.ts';
import { fleetDashboard } from './fleet.ts';
import type { Dashboard } from './panel.ts';
import { pipelineDashboard } from './pipeline.ts';
import { serviceDashboard } from './service.ts';
import { valueDashboard } from './value.ts';
import { webDashboard } from './web.ts';

/** Every file of deploy/grafana. */
export const dashboards: readonly Dashboard[] = [
  fleetDashboard,
  webDashboard,
  cacheDashboard,
  serviceDashboard,
  pipelineDashboard,
  valueDashboard,
];
