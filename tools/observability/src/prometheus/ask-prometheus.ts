/** One series of an answer: its labels and its samples, `[seconds, value]`. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [number, number])[];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: [number, string];
      readonly values?: [number, string][];
    }[];
  };
}

async function ask(url: string, path: string, parameters: Record<string, string>): Promise<readonly AnsweredSeries[]> {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body });
  const answer = (await response.json()) as Answer;
  if (answer.data === undefined) throw new Error(`${parameters['query']}: ${answer.error ?? answer.status}`);
  return answer.data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
    labels: metric,
    samples: values.map(([at, text]) => [at, Number(text)] as const),
  }));
}

/** Grafana's variables, as they are for a window of this length. */
export const withWindow = (expr: string, window: string): string => expr.replaceAll('$__rate_interval', window);

/** A query at this moment. @throws {Error} with Prometheus' own words where it refuses the query */
export const askNow = (url: string, query: string): Promise<readonly AnsweredSeries[]> => ask(url, 'query', { query });

/** A query over a span of time, both ends in seconds since 1970. @throws as `askNow` */
export const askRange = (
  url: string,
  query: string,
  { from, to, step }: { from: number; to: number; step: number },
): Promise<readonly AnsweredSeries[]> =>
  ask(url, 'query_range', { query, start: String(from), end: String(to), step: String(step) });
