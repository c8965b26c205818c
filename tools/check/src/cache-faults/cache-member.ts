import { startChild, type Child } from '../stream-faults/child-process.ts';
import type { MemberCommand, MemberMessage, MemberOptions, Question } from './members/member-protocol.ts';

/** A process that uses the cache, seen from here. */
export class CacheMember {
  readonly name: string;
  readonly #child: Child<MemberMessage>;
  readonly #listeners = new Set<(message: MemberMessage) => void>();
  #taken = 0;

  private constructor(name: string, child: Child<MemberMessage>) {
    this.name = name;
    this.#child = child;
    child.onMessage((message) => {
      for (const listener of this.#listeners) listener(message);
    });
  }

  static async start(
    options: MemberOptions,
    { logFile, on }: { logFile: string; on: (message: MemberMessage, member: CacheMember) => void },
  ): Promise<CacheMember> {
    const child = await startChild<MemberMessage>('../cache-faults/members/cache-member.ts', options, logFile);
    const member = new CacheMember(options.name, child);
    member.on((message) => on(message, member));
    await member.until(({ kind }) => kind === 'ready');
    return member;
  }

  on(listener: (message: MemberMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves with the first message like this; rejects when the process ends before it. */
  async until(isWanted: (message: MemberMessage) => boolean): Promise<MemberMessage> {
    const { promise, resolve } = Promise.withResolvers<MemberMessage>();
    const off = this.on((message) => isWanted(message) && resolve(message));
    const ended = this.#child.exited.then(() => {
      throw new Error(`${this.name} ended`);
    });
    try {
      return await Promise.race([promise, ended]);
    } finally {
      off();
      ended.catch(() => undefined);
    }
  }

  send(command: MemberCommand): void {
    this.#child.tell(command);
  }

  /** Has it answer for one home; resolves when it has. */
  async take(propertyId: string): Promise<void> {
    this.#taken += 1;
    const id = this.#taken;
    this.send({ kind: 'take', id, propertyId });
    await this.until((message) => message.kind === 'done' && message.id === id);
  }

  /** The next time that it asks for this of this home. */
  async asksFor(what: Question['what'], propertyId: string): Promise<void> {
    const isIt = (question: Question): boolean =>
      question.what === what && 'propertyIds' in question && question.propertyIds.includes(propertyId);
    await this.until((message) => message.kind === 'ask' && isIt(message.question));
  }

  freeze(): void {
    this.#child.signal('SIGSTOP');
  }

  thaw(): void {
    this.#child.signal('SIGCONT');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.signal('SIGKILL');
    await this.#child.exited;
  }
}
