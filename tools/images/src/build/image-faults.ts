import type { Docker } from '../engine/docker.ts';
import { ImageError } from '../image-error.ts';
import type { ImageApp } from '../image-apps.ts';

/** What is read of an image: its `Config`, as the engine tells it. */
export interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint?: readonly string[] | null;
  readonly StopSignal?: string;
  readonly Healthcheck?: { readonly Test?: readonly string[] } | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

const LABELS = ['title', 'description', 'licenses', 'version', 'revision', 'base.name'];
/** By number, as Kubernetes' runAsNonRoot wants it, and above those of the system. */
const USER = /^[1-9]\d{3,}:[1-9]\d{3,}$/;
const ENTRYPOINT = ['node', '/app/main.js'];
const HEALTH = ['CMD', 'node', '/app/health.js'];

const isSame = (a: readonly string[] | null | undefined, b: readonly string[]): boolean =>
  (a ?? []).length === b.length && b.every((each, index) => a?.[index] === each);

/** What is wrong with an image, in plain words; none for one that may be run. */
export function imageFaultsOf(config: ImageConfig, kind: ImageApp['kind']): string[] {
  const faults: string[] = [];
  if (!USER.test(config.User ?? '')) faults.push(`runs as "${config.User ?? ''}" and not as a plain user by number`);
  // A shell in front keeps SIGTERM for itself.
  if (!isSame(config.Entrypoint, ENTRYPOINT)) faults.push(`starts with ${JSON.stringify(config.Entrypoint ?? null)}`);
  if (config.StopSignal !== 'SIGTERM') faults.push(`is stopped by "${config.StopSignal ?? ''}"`);
  if (kind === 'app' && !isSame(config.Healthcheck?.Test, HEALTH))
    faults.push("has no health check by the app's own port");
  const missing = LABELS.filter((name) => !config.Labels?.[`org.opencontainers.image.${name}`]);
  if (missing.length > 0) faults.push(`lacks the labels ${missing.join(', ')}`);
  return faults;
}

/** @throws {ImageError} IMAGE_REFUSED with everything that is wrong */
export async function checkImage(docker: Docker, image: string, kind: ImageApp['kind']): Promise<void> {
  const told = await docker.imageField(image, '{{json .Config}}');
  const faults = told === undefined ? ['is not there'] : imageFaultsOf(JSON.parse(told) as ImageConfig, kind);
  if (faults.length > 0) throw new ImageError('IMAGE_REFUSED', `${image} ${faults.join('; ')}`);
}
