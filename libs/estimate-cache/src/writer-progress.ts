/** How long one beat of data-writer counts: a second missed or two is nothing, a writer that hangs is noticed within this. */
export const WRITER_PROGRESS_MS = 15_000;
