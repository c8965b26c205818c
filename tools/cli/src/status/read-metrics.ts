import { whyNotFetched } from '../http/why-not-fetched.ts';
import { parseMetrics, type MetricsScrape } from '@porchlight/telemetry';

/** What every process that was asked says, as one reading; those that did not answer are named. */
export interface MetricsReading {
  readonly scrape: MetricsScrape;
  readonly answered: number;
  /** Host and port of each that did not, and why. */
  readonly away: readonly string[];
}

const TIMEOUT_MS = 2_000;
/** A page of an app has about a thousand lines. */
const PAGE_BYTES_MAX = 16_777_216;

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{?)/;

/** Each process counts by itself: with its own label two that say the same are still two, so that a rise can be told. */
const labelled = (page: string, instance: number): string =>
  page
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) =>
      line.replace(SERIES, (_, name: string, brace: string) =>
        brace === '' ? `${name}{instance="${instance}"}` : `${name}{instance="${instance}",`,
      ),
    )
    .join('\n');

async function pageOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  if (Number(response.headers.get('content-length') ?? 0) > PAGE_BYTES_MAX) throw new Error('a page that is too large');
  return await response.text();
}

/** Asks every process at once. Never rejects: one that is away is named. */
export async function readMetrics(urls: readonly string[]): Promise<MetricsReading> {
  const pages = await Promise.allSettled(urls.map(pageOf));
  const texts = pages.flatMap((page, at) => (page.status === 'fulfilled' ? [labelled(page.value, at)] : []));
  const away = pages.flatMap((page, at) =>
    page.status === 'rejected' ? [`${URL.parse(urls[at] ?? '')?.host ?? ''} (${whyNotFetched(page.reason)})`] : [],
  );
  return { scrape: parseMetrics(texts.join('\n')), answered: texts.length, away };
}
