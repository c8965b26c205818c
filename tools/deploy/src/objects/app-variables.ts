import { dependencies, hasPlace, placeNameOf } from '../dependencies.ts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { STATE_FOLDER } from './pod.ts';

/** Of the container's memory; the rest is for buffers and the code. */
const HEAP_SHARE = 0.75;

/** Name of an app's own ConfigMap, before kustomize puts the hash of its values behind it. */
export const configNameOf = (name: string): string => `${name}-config`;

/** @returns the variables that are the app's own, in its ConfigMap */
export function ownVariables({ spec }: DeployedApp): Record<string, string> {
  const { ports, state, drainMs, resources, settings } = spec;
  return {
    DRAIN_MS: String(drainMs),
    METRICS_PORT: String(ports.operations),
    NODE_OPTIONS: `--max-old-space-size=${Math.floor(resources.memoryMb * HEAP_SHARE)}`,
    ...(ports.http === undefined ? {} : { HTTP_PORT: String(ports.http) }),
    ...(state === undefined ? {} : { STATE_DIR: STATE_FOLDER }),
    ...settings,
  };
}

/** @returns the ConfigMaps that its container reads: the places of what it needs, then its own */
export const configMapsOf = ({ name, spec }: DeployedApp): string[] => [
  ...spec.needs.filter(hasPlace).map(placeNameOf),
  configNameOf(name),
];

/** @returns the variables that come as files out of its Secret */
export const secretsOf = ({ spec }: DeployedApp): string[] => [
  ...spec.needs.flatMap((need) => dependencies[need].secrets),
  ...spec.secrets,
];

/** @returns the name of its Secret; undefined where it has no secrets */
export const secretNameOf = (app: DeployedApp): string | undefined =>
  secretsOf(app).length === 0 ? undefined : `${app.name}-secrets`;
