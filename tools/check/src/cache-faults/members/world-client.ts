import type { Question, Replies, MemberCommand, MemberMessage } from './member-protocol.ts';

export const tell = (message: MemberMessage): void => void process.send?.(message);

const waiting = new Map<number, (value: Replies[keyof Replies]) => void>();
let asked = 0;

process.on('message', (command: MemberCommand) => {
  if (command.kind !== 'reply') return;
  waiting.get(command.id)?.(command.value);
  waiting.delete(command.id);
});

/** Asks the process that knows the truth. It may let a question wait, as a slow upstream does. */
export function ask<W extends Question['what']>(question: Extract<Question, { what: W }>): Promise<Replies[W]> {
  asked += 1;
  const id = asked;
  return new Promise((resolve) => {
    waiting.set(id, (value) => resolve(value as Replies[W]));
    tell({ kind: 'ask', id, question });
  });
}
