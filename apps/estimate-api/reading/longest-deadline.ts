import type { Question, Reader } from './reader.ts';

/** The same reader for whom nobody waits longer than this, whatever is asked for; milliseconds. */
export function withLongestDeadline<R extends Pick<Reader, 'read' | 'readAsItComes'>>(
  reader: R,
  deadlineMsMax: number,
): Pick<Reader, 'read' | 'readAsItComes'> {
  const bounded = <Q extends Question>(question: Q): Q =>
    question.deadlineMs > deadlineMsMax ? { ...question, deadlineMs: deadlineMsMax } : question;
  return {
    read: (question) => reader.read(bounded(question)),
    readAsItComes: (question, ...rest) => reader.readAsItComes(bounded(question), ...rest),
  };
}
