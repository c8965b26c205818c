/** A process that uses the cache: argument 1 is MemberOptions as JSON. It ends when its parent does. */
import { setTimeout as delay } from 'node:timers/promises';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import { applyChanges } from './apply-changes.ts';
import type { MemberCommand, MemberOptions } from './member-protocol.ts';
import { stepClock } from './shift-clock.ts';
import { HomeTaker } from './take-home.ts';
import { tell } from './world-client.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as MemberOptions;
stepClock(options.clockShiftMs);
process.on('disconnect', () => process.exit(0));

let isResting = false;
const { cache } = await connectEstimateCache({
  url: options.redisUrl,
  connectionName: options.name,
  config: { keyGeneration: options.keyGeneration },
  onRejected: (reason) => tell({ kind: 'rejected', reason }),
});
const taker = new HomeTaker(cache, {
  leaseClass: options.role === 'warmer' ? 'w' : 's',
  deadlineMs: options.deadlineMs,
});

async function obey(command: MemberCommand): Promise<void> {
  if (command.kind === 'step-clock') stepClock(command.ms);
  if (command.kind === 'rest') isResting = true;
  if (command.kind !== 'take') return;
  await taker.take(command.propertyId);
  tell({ kind: 'done', id: command.id });
}
process.on('message', (command: MemberCommand) => void obey(command));

/** Each lane takes every so-manyth home, in turn: two members meet at all of them. */
async function runLane(lane: number): Promise<void> {
  for (let at = lane; !isResting; at = (at + options.lanes) % options.homes.length) {
    const propertyId = options.homes[at];
    if (propertyId !== undefined) await taker.take(propertyId);
    await delay(options.restMs);
  }
}

tell({ kind: 'ready' });
if (options.role === 'invalidator') void applyChanges(cache, { ...options, isResting: () => isResting });
else for (let lane = 0; lane < options.lanes; lane += 1) void runLane(lane);
