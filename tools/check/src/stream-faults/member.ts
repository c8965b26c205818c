import type { MemberMessage, MemberOptions } from './members/member-protocol.ts';
import { startChild, type Child } from '../processes/child-process.ts';
import { FaultyProcess } from '../processes/faulty-process.ts';

const PROGRAM = new URL('members/copy-member.ts', import.meta.url);
const LEAVE_MS = 20_000;

/** A process of the group. */
export class Member extends FaultyProcess<MemberMessage> {
  /** The number of its present assignment; 0 before the first. */
  assignment = 0;
  /** Partitions that it holds, as it last said. */
  partitions = 0;
  /** Partitions whose state it has restored, and how many records of the changelog that took in all. */
  restored = { partitions: 0, records: 0 };
  /** Why it stopped by itself; undefined while all is well. */
  fatal: { readonly code: string; readonly message: string } | undefined;

  private constructor(name: string, child: Child<MemberMessage>) {
    super(name, child);
    this.on((message) => this.#note(message));
  }

  static async start(options: MemberOptions): Promise<Member> {
    const { name, logFile } = options;
    return new Member(name, await startChild<MemberMessage>({ name, file: PROGRAM, options, logFile }));
  }

  /**
   * Resolves once it is dead, killed at the instant at which it said that so many records are done and not committed: in the middle of a batch.
   */
  killWhenUncommitted(records: number): Promise<void> {
    return new Promise((resolve) => {
      this.on((message) => {
        if (message.kind === 'progress' && message.uncommitted >= records) resolve(this.kill());
      });
    });
  }

  /** Asks it to leave the group and end. @returns false if it had to be killed */
  async leave(): Promise<boolean> {
    this.child.signal('SIGTERM');
    const tooLate = new Promise<'late'>((resolve) => setTimeout(resolve, LEAVE_MS, 'late').unref());
    const ended = await Promise.race([this.child.exited, tooLate]);
    if (ended === 'late') await this.kill();
    return ended !== 'late';
  }

  #note(message: MemberMessage): void {
    if (message.kind === 'assigned') {
      this.assignment = message.assignment;
      this.partitions = message.partitions;
    }
    if (message.kind === 'restored') {
      const { partitions, records } = this.restored;
      this.restored = { partitions: partitions + 1, records: records + message.records };
    }
    if (message.kind === 'fatal') this.fatal = message;
  }
}
