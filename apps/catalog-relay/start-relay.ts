import type { RunningService } from '@porchlight/service';
import { runRelay, type RelayLimits, type RelayPorts, type RelayRole } from './relay.ts';

/** How often the session is asked whether it lives while Kafka is waited for; well below the least SESSION_IDLE_MS_MAX. */
const PING_MS = 1_000;

/** A T that is half a second older costs nobody anything; a change that waits for it would. */
const ROUND_MS = 500;

/** How long a stop waits for the round under way before it is abandoned: its rows stay, and are published again. */
const ROUND_END_MS = 3_000;

export interface RelayToStart {
  readonly ports: RelayPorts;
  readonly limits: Omit<RelayLimits, 'pingMs' | 'roundMs'>;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly crash: (error: unknown) => void;
}

/** Runs the relay in the background. Ready in either role: a standby does its job by being there. */
export function startRelay({ ports, limits, signal, crash }: RelayToStart): RunningService {
  let role: RelayRole = 'connecting';
  let hasJoined = false;
  const report = {
    ...ports.report,
    role(now: RelayRole): void {
      if (now !== role) ports.report.role(now);
      role = now;
      hasJoined ||= now !== 'connecting';
    },
  };
  const running = runRelay({ ...ports, report }, { ...limits, pingMs: PING_MS, roundMs: ROUND_MS }, signal).catch(
    (error: unknown) => {
      if (!signal.aborted) crash(error);
    },
  );
  return {
    isReady: () => hasJoined,
    async stop() {
      const giveUp = ports.clock.after(ROUND_END_MS, () => void ports.log.abandon());
      await running;
      giveUp.cancel();
      await ports.log.close();
    },
  };
}
