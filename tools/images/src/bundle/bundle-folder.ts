import { join } from 'node:path';
import { repository } from '../image-apps.ts';
import type { BundleOptions } from './bundle-app.ts';

/** Inside the repository: what stays outside a bundle is found by walking up, and a Dockerfile may copy from there. */
export const bundleOptions: BundleOptions = {
  root: repository.replace(/\/$/, ''),
  folder: join(repository, '.porchlight', 'bundles'),
};
