import type { Redis } from 'ioredis';
import { ReadLine, type RawRead } from '../../read-line.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { clusterTransport, type NodesInUse } from '../cluster-transport.ts';
import type { Redirection } from '../redirection.ts';
import { SLOTS } from '../slot-of.ts';

const TIMEOUT_MS = 5_000;

/** What a node says to a command; an Error is an error reply, or a connection that broke. */
export type Answer = (command: string[]) => unknown;

/** An error reply. */
export const replyError = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

/** The commands in what goes over the wire: every third part is a word, after its length. */
const commandsIn = (text: string): string[][] =>
  text
    .split(/^\*\d+\r\n/m)
    .slice(1)
    .map((command) => command.split('\r\n').filter((_, i) => i % 2 === 1));

/** What a Redis is to a transport: pipelines of scripts, and raw reads. Each write is noted. */
function fakeRedis(note: (commands: string[][]) => void, answer: Answer): Redis {
  const waiting: RawRead[] = [];
  const pipeline = () => {
    const commands: string[][] = [];
    return {
      callBuffer: (...command: string[]) => void commands.push(command.map(String)),
      async exec() {
        note(commands);
        return commands.map((command) => {
          const said = answer(command);
          return said instanceof Error ? [said, null] : [null, said];
        });
      },
    };
  };
  const write = (text: string): void => {
    const commands = commandsIn(text);
    note(commands);
    for (const command of commands) {
      const read = waiting.shift();
      const said = answer(command);
      if (said instanceof Error) read?.reject(said);
      else read?.resolve(said);
    }
  };
  const sendCommand = (read: RawRead, stream: { write(text: string): void }): void => {
    waiting.push(read);
    stream.write(read.toWritable());
  };
  return { pipeline, sendCommand, stream: { write } } as unknown as Redis;
}

export interface ThreeNodesOptions {
  /** By address: `a:1`, `b:1`, `c:1`. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Addresses of nodes that are not connected. */
  readonly closed?: readonly string[];
}

/** A transport on three nodes, `a:1`, `b:1` and `c:1`, with a third of the slots each; no servers. */
export function threeNodes({ answers, closed = [] }: ThreeNodesOptions) {
  const writes: { address: string; commands: string[][] }[] = [];
  const taken: Redirection[] = [];
  let looks = 0;
  const nodeAt = (address: string): ClusterNode => {
    const redis = fakeRedis(
      (commands) => void writes.push({ address, commands }),
      (command) => answers[address]?.(command),
    );
    return {
      address,
      redis,
      reads: new ReadLine(redis, TIMEOUT_MS),
      opening: Promise.resolve(null),
      isOpen: () => !closed.includes(address),
      whenOpen: async () => {},
      close() {},
    };
  };
  const nodes = new Map(['a:1', 'b:1', 'c:1'].map((address) => [address, nodeAt(address)] as const));
  const at = (address: string): ClusterNode => nodes.get(address) ?? nodeAt(address);
  const inUse: NodesInUse = {
    ownerOf(slot) {
      const moved = taken.findLast((each) => each.kind === 'moved' && each.slot === slot);
      return moved === undefined ? [...nodes.values()][Math.floor((slot * nodes.size) / SLOTS)] : at(moved.address);
    },
    at,
    take: (redirection) => void taken.push(redirection),
    lookAgain: () => void (looks += 1),
  };
  return {
    transport: clusterTransport(inUse, TIMEOUT_MS),
    /** Everything that was written at once, in order. */
    writes,
    taken,
    looks: () => looks,
  };
}
