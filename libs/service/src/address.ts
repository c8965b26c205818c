/** @returns `host:port` of a URL, without user, password or path: what a log line may say. The text itself if it is no URL. */
export function addressOf(url: string): string {
  const host = URL.parse(url)?.host ?? '';
  return host === '' ? url.replace(/^.*@/, '') : host;
}
