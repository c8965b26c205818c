import { join } from 'node:path';
import type { Ports } from '../ports.ts';
import type { Progress, ServiceName } from '../services.ts';
import type { Java } from './java.ts';

/** What the local servers of one instance share. */
export interface Instance {
  name: string;
  /** Absolute; everything of this instance is below it. */
  folder: string;
  downloads: string;
  ports: Ports;
  report(service: Progress['service'], phase: Progress['phase'], detail: string): void;
  /** Aborted when the start is called off: nothing more is spawned then. */
  signal: AbortSignal | undefined;
  /** Containers that this start made: those that it found running are not its to stop. */
  containers: Set<ServiceName>;
  /** Found once, for the broker and the registry. */
  java(): Promise<Java>;
}

export const serverFolder = (folder: string, server: string) => join(folder, server);
export const pidFileOf = (folder: string, server: string) => join(folder, `${server}.pid`);
export const logFileOf = (folder: string, server: string) => join(folder, 'logs', `${server}.log`);
