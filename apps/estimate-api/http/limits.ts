/** The most ids of one batch (design.md section 4). */
export const BATCH_IDS_MAX = 500;

/** 500 ids of 64 characters are 34 kB of JSON; with the viewport and generous spaces. */
export const BODY_BYTES_MAX = 64 * 1024;

/** The deepest body that is understood is a viewport in a batch: 2. */
export const JSON_NESTING_MAX = 16;

export const DEADLINE_MS_MAX = 5_000;
export const DEADLINE_DEFAULT_MS = 1_000;
export const MAP_DEADLINE_DEFAULT_MS = 250;

/** Homes of one map answer. */
export const MAP_LIMIT_MAX = 5_000;
export const MAP_LIMIT_DEFAULT = 500;

/** How long the head of a request may take to arrive, also its first byte on a new connection. */
export const HEADERS_TIMEOUT_MS = 5_000;

/** How long a whole request may take to arrive: a body that trickles is cut off. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** How late a time-out may be noticed. */
export const CONNECTION_CHECK_MS = 1_000;

/** How long nothing may move while a request is on its way or its answer is being read; above DEADLINE_MS_MAX. */
export const CONNECTION_IDLE_MS = 30_000;

/** All headers of a request together; a token is about 1 kB. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** How many homes one unit of a rate limit stands for: as many as one paid call has, if they are all missing. */
export const HOMES_PER_UNIT = 100;

/** How long an idle connection is kept; longer than load balancers keep theirs (60 s), so that they close first. */
export const KEEP_ALIVE_MS = 72_000;

/** So that an id that is too long is a malformed id and not a missing page. */
export const PARAM_LENGTH_MAX = 8_192;

/** Who is refused for overload is asked to come again after 1 to so many seconds, each after another one. */
export const RETRY_AFTER_SPREAD_SECONDS = 3;

/** What a stream puts into its socket's queue at once. The next homes are decided when the system has taken it. */
export const STREAM_CHUNK_BYTES_MAX = 16 * 1024;

/** How long a client may take, after the deadline, to read what a stream has for it; then it is cut off. */
export const STREAM_READ_MS_MAX = 20_000;

/** Homes that all open streams of a process may hold: some 100 MB, if nobody reads. */
export const STREAM_HOMES_MAX = 250_000;

/** How long after the server began to close a stream may go on by itself, before it is ended with what it has. */
export const STREAM_STOP_MS = 500;
