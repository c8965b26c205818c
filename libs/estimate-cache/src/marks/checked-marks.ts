import { BadCacheEntry } from '../errors.ts';
import type { FeedPartition, MarkCommand, ResetCommand } from './port.ts';

/** What Kafka allows in a topic's name; nothing in it ends a field or a word. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
/** Offsets of Kafka are below 2^63. */
const OFFSET_END = 2n ** 63n;

function checkPartition({ topic, partition }: FeedPartition): void {
  if (!TOPIC.test(topic)) throw new BadCacheEntry('a topic that Kafka would not name so');
  if (!Number.isSafeInteger(partition) || partition < 0)
    throw new BadCacheEntry(`a partition ${partition} of ${topic}`);
}

function checkOffset({ topic }: FeedPartition, offset: bigint): void {
  if (offset < 0n || offset >= OFFSET_END) throw new BadCacheEntry(`an offset ${offset} of ${topic}`);
}

/** @throws {BadCacheEntry} unless it is a whole number of milliseconds */
export function checkSince(at: number): number {
  if (Number.isSafeInteger(at) && at >= 0) return at;
  throw new BadCacheEntry('an instant of the feed that is not a whole number of milliseconds');
}

/** @throws {BadCacheEntry} if it cannot be stored, or its interval ends before it begins */
export function checkMarkCommand(command: MarkCommand): MarkCommand {
  checkPartition(command);
  checkOffset(command, command.fromOffset);
  checkOffset(command, command.toOffset);
  if (command.toOffset < command.fromOffset) throw new BadCacheEntry(`an interval of ${command.topic} that ends first`);
  if (command.untilAt !== null) checkSince(command.untilAt);
  return command;
}

/** @throws {BadCacheEntry} if it cannot be stored */
export function checkResetCommand(command: ResetCommand): ResetCommand {
  checkPartition(command);
  checkOffset(command, command.nextOffset);
  if (command.seenOffset !== null) checkOffset(command, command.seenOffset);
  if (command.sinceAt !== null) checkSince(command.sinceAt);
  return command;
}
