import type { Child, ChildEnd } from './child-process.ts';

/** A process that faults are done to, seen from here. */
export class FaultyProcess<Message> {
  readonly name: string;
  protected readonly child: Child<Message>;

  protected constructor(name: string, child: Child<Message>) {
    this.name = name;
    this.child = child;
  }

  get exited(): Promise<ChildEnd> {
    return this.child.exited;
  }

  get hasExited(): boolean {
    return this.child.hasExited();
  }

  /** @returns ends the listening */
  on(listener: (message: Message) => void): () => void {
    return this.child.onMessage(listener);
  }

  freeze(): void {
    this.child.signal('SIGSTOP');
  }

  thaw(): void {
    this.child.signal('SIGCONT');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.signal('SIGKILL');
    await this.child.exited;
  }
}
