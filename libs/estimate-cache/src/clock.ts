/** UTC milliseconds. On Redis the server's own clock takes this part; the memory adapter is given one. */
export interface Clock {
  now(): number;
}
