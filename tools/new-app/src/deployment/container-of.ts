import type { Deployed } from './deployment-of.ts';

const METRICS_PORT = 9464;
const STATE_FOLDER = '/var/lib/porchlight/state';
/** Of the container's memory; the rest is for buffers and the code. */
const HEAP_SHARE = 0.75;

const probe = (path: string, numbers: { periodSeconds: number; failureThreshold: number }) => ({
  httpGet: { path, port: 'operations' },
  timeoutSeconds: 2,
  ...numbers,
});

const plain = ({ drainMs, memoryMb, hasState }: Deployed) => [
  { name: 'DRAIN_MS', value: String(drainMs) },
  { name: 'METRICS_PORT', value: String(METRICS_PORT) },
  { name: 'NODE_OPTIONS', value: `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}` },
  ...(hasState ? [{ name: 'STATE_DIR', value: STATE_FOLDER }] : []),
];

/** @returns the one container of an app's pod */
export const containerOf = (app: Deployed) => ({
  name: app.name,
  image: `porchlight/${app.name}`,
  ports: [{ name: 'operations', containerPort: METRICS_PORT }],
  envFrom: [{ configMapRef: { name: 'porchlight' } }],
  env: [
    ...plain(app),
    ...app.secrets.map((name) => ({ name, valueFrom: { secretKeyRef: { name: app.name, key: name } } })),
  ],
  // Ready once it has joined its group, however long that takes: Kafka and the topics may come later than the app.
  readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 2 }),
  // Says nothing of Kafka: an outage of the broker must not restart every pod.
  livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 6 }),
  startupProbe: probe('/livez', { periodSeconds: 2, failureThreshold: 60 }),
  // No limit of CPU: throttling breaks heartbeats.
  resources: { requests: { cpu: '100m', memory: `${app.memoryMb}Mi` }, limits: { memory: `${app.memoryMb}Mi` } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  volumeMounts: [
    { name: 'scratch', mountPath: '/tmp' },
    ...(app.hasState ? [{ name: 'state', mountPath: STATE_FOLDER }] : []),
  ],
});

/** Local copies of state are copies: a new pod reads them from the changelog. */
export const volumesOf = ({ hasState }: Deployed) => [
  { name: 'scratch', emptyDir: {} },
  ...(hasState ? [{ name: 'state', emptyDir: {} }] : []),
];
