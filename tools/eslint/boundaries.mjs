/**
 * Who may import whom. Closed by default: a project that has no row here may import nothing.
 * An app never imports an app; libs go down only. A test compares this table with every package.json.
 */
const libs = {
  clock: [],
  geo: [],
  stream: ['clock'],
  contracts: [],
  telemetry: [],
  'state-search': [],
  service: ['clock', 'telemetry'],
  'stream-app': ['clock', 'contracts', 'stream', 'telemetry', 'service'],
  visibility: ['contracts', 'state-search'],
  'estimate-cache': ['clock', 'contracts', 'state-search'],
  'property-catalog': ['clock', 'contracts', 'geo'],
  'estimate-source': ['contracts'],
  rollout: ['clock'],
};

const everyApp = ['clock', 'contracts', 'stream', 'stream-app', 'telemetry', 'service'];
const apps = {
  'estimate-api': [
    ...everyApp,
    'estimate-cache',
    'estimate-source',
    'property-catalog',
    'rollout',
    'visibility',
    'geo',
  ],
  forecaster: [...everyApp, 'property-catalog', 'rollout', 'geo'],
  'request-filter': [...everyApp, 'estimate-cache', 'property-catalog', 'visibility'],
  'data-fetcher': [...everyApp, 'estimate-cache', 'estimate-source'],
  'data-writer': [...everyApp, 'estimate-cache'],
  invalidator: [...everyApp, 'estimate-cache', 'property-catalog'],
  'catalog-relay': [...everyApp, 'property-catalog'],
};

const tools = {
  stack: [],
  'upstream-simulator': ['service', 'telemetry'],
  city: ['contracts', 'geo', 'property-catalog', 'stream', 'visibility', 'upstream-simulator'],
  traffic: ['geo', 'city'],
  'peer-caches': [],
  images: ['stack'],
  cli: [
    'clock',
    'contracts',
    'estimate-cache',
    'estimate-source',
    'geo',
    'property-catalog',
    'rollout',
    'stream',
    'telemetry',
    'visibility',
  ],
  run: ['stack', 'city', 'traffic', 'upstream-simulator', 'cli', 'property-catalog', 'contracts', 'telemetry'],
  bench: [
    'stream',
    'run',
    'stack',
    'traffic',
    'city',
    'cli',
    'contracts',
    'estimate-cache',
    'property-catalog',
    'rollout',
    'telemetry',
    'upstream-simulator',
    'peer-caches',
    'estimate-source',
    'visibility',
  ],
  check: [
    'clock',
    'stack',
    'stream',
    'contracts',
    'estimate-cache',
    'run',
    'cli',
    'city',
    'property-catalog',
    'rollout',
    'estimate-source',
    'upstream-simulator',
    'peer-caches',
    'images',
    'telemetry',
  ],
  observability: ['contracts', 'stack', 'telemetry'],
  deploy: ['cli', 'contracts', 'service'],
  'new-app': ['contracts', 'service', 'stream-app'],
  verify: [
    'stack',
    'run',
    'cli',
    'city',
    'contracts',
    'estimate-cache',
    'property-catalog',
    'stream',
    'telemetry',
    'geo',
    'observability',
  ],
};

export const allowed = { ...libs, ...apps, ...tools };

export const depConstraints = Object.entries(allowed).map(([name, below]) => ({
  sourceTag: `name:${name}`,
  onlyDependOnLibsWithTags: [`name:${name}`, ...below.map((each) => `name:${each}`)],
}));
