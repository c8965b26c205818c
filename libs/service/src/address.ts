/** @returns `host:port` of a URL, without user, password or path: what a log line may say. The text itself if it is no URL. */
export function addressOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url.replace(/^.*@/, '');
  return parsed.host === '' ? parsed.protocol.replace(/:$/, '') : parsed.host;
}
