import { startChild } from '../processes/child-process.ts';
import { FaultyProcess } from '../processes/faulty-process.ts';
import type { MemberCommand, MemberMessage, MemberOptions, Question } from './members/member-protocol.ts';

const PROGRAM = new URL('members/cache-member.ts', import.meta.url);

/** A process that uses the cache, seen from here. */
export class CacheMember extends FaultyProcess<MemberMessage> {
  #taken = 0;

  static async start(
    options: MemberOptions,
    { logFile, on }: { logFile: string; on: (message: MemberMessage, member: CacheMember) => void },
  ): Promise<CacheMember> {
    const { name } = options;
    const child = await startChild<MemberMessage>({ name, file: PROGRAM, options, logFile });
    const member = new CacheMember(name, child);
    member.on((message) => on(message, member));
    await member.until(({ kind }) => kind === 'ready');
    return member;
  }

  /** Resolves with the first message like this; rejects when the process ends before it. */
  until(isWanted: (message: MemberMessage) => boolean): Promise<MemberMessage> {
    return this.child.next(isWanted);
  }

  send(command: MemberCommand): void {
    this.child.tell(command);
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
}
