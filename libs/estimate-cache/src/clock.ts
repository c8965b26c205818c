/** UTC milliseconds. On Redis the server's own clock takes this part; the memory adapter is given one. */
export interface Clock {
  now(): number;
}

/** What is told of each value that could not be read: counted by the app, never thrown. */
export type OnRejected = (reason: import('./format.ts').RejectedReason) => void;
