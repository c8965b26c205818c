import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf, freePorts, logTail, spawnServer, stopServer, waitUntil } from '@porchlight/stack';
import yaml from 'yaml';
import { findPrometheus } from './find-prometheus.ts';

const READY_MS = 60_000;
const STOP_MS = 20_000;
const FIRST_PORT = 9_590;

export interface PrometheusOptions {
  /** Its data, configuration, log and pid file. */
  readonly folder: string;
  /** `host:port` of each process, by its `job`. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Rule files, with the pattern `*.yaml`. */
  readonly rulesFolder: string;
  readonly scrapeEvery?: string;
}

export interface RunningPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** What Prometheus reads: one `job` for each app, as deploy/prometheus asks for. */
export const prometheusConfig = ({ targets, rulesFolder, scrapeEvery = '1s' }: Omit<PrometheusOptions, 'folder'>) =>
  yaml.stringify({
    global: { scrape_interval: scrapeEvery, evaluation_interval: scrapeEvery },
    rule_files: [join(rulesFolder, '*.yaml')],
    scrape_configs: Object.entries(targets).map(([job, each]) => ({
      job_name: job,
      static_configs: [{ targets: [...each] }],
    })),
  });

/** A real Prometheus on 127.0.0.1. @throws as `findPrometheus`, and when it is not ready in time, with the end of its log */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const { prometheus } = await findPrometheus();
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'prometheus.yml');
  await writeFile(configFile, prometheusConfig(options));
  const { port = FIRST_PORT } = await freePorts({ port: FIRST_PORT });
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const logFile = join(folder, 'prometheus.log');
  const pidFile = join(folder, 'prometheus.pid');
  await spawnServer({
    name: 'prometheus',
    command: prometheus,
    args,
    logFile,
    pidFile,
    marker: configFile,
    fingerprint: fingerprintOf(prometheus, ...args),
  });
  const stop = () => stopServer(pidFile, { graceMs: STOP_MS });
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  if (await waitUntil(isReady, { withinMs: READY_MS })) return { url, stop };
  await stop();
  throw new Error(
    `Prometheus was not ready within ${READY_MS / 1_000} s. The end of its log:\n${await logTail(logFile)}`,
  );
}
