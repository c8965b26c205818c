/**
 * Who may import whom. Closed by default: a project that has no row here may import nothing.
 * An app never imports an app; libs go down only. A test compares this table with every package.json.
 */
const libs = {
  geo: [],
  stream: [],
  contracts: [],
  telemetry: [],
  'state-search': [],
  service: ['telemetry'],
  'stream-app': ['contracts', 'stream', 'telemetry', 'service'],
  visibility: ['contracts', 'state-search'],
  'estimate-cache': ['contracts', 'state-search'],
  'property-catalog': ['contracts', 'geo'],
  'estimate-source': ['contracts'],
  rollout: [],
};

const everyApp = ['contracts', 'stream', 'stream-app', 'telemetry', 'service'];
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
  cli: ['contracts', 'property-catalog', 'rollout', 'stream'],
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
    'telemetry',
    'upstream-simulator',
  ],
  check: [
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
  ],
  'new-app': ['contracts', 'service', 'stream-app'],
  verify: ['stack', 'run', 'cli', 'city', 'contracts', 'estimate-cache', 'property-catalog', 'telemetry', 'geo'],
};

export const allowed = { ...libs, ...apps, ...tools };

export const depConstraints = Object.entries(allowed).map(([name, below]) => ({
  sourceTag: `name:${name}`,
  onlyDependOnLibsWithTags: [`name:${name}`, ...below.map((each) => `name:${each}`)],
}));
