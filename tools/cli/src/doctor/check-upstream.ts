import { whyNotFetched } from '../http/why-not-fetched.ts';
import { failed, passed, warned, type Finding } from './finding.ts';

const TIMEOUT_MS = 3_000;
const NOT_FOUND_FIRST = 400;
const BROKEN_FIRST = 500;

/**
 * Asks for what no seller bills: HEAD of the root, without our key. Any answer says that the name, the way and the certificate are right.
 *
 * @param url UPSTREAM_URL; undefined: nobody said
 */
export async function checkUpstream(url: string | undefined): Promise<Finding> {
  if (url === undefined)
    return {
      check: 'upstream',
      state: 'skip',
      found: 'UPSTREAM_URL is not set',
      mend: 'say --upstream-url to have it looked at',
    };
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol))
    return failed('upstream', 'UPSTREAM_URL is no http address', 'https://host[:port]');
  try {
    const { status } = await fetch(new URL('/', address.origin), {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (status >= BROKEN_FIRST)
      return warned(
        'upstream',
        `${address.host} answers ${status}`,
        'it is there and not well: npx porchlight status shows whether it has us pause',
      );
    const said = status >= NOT_FOUND_FIRST ? `${status}, as a root that is not there may` : String(status);
    return passed(
      'upstream',
      `${address.host} answers ${said}; nothing was asked that is billed, and the key was not tried`,
    );
  } catch (error) {
    return failed(
      'upstream',
      `${address.host} does not answer (${whyNotFetched(error)})`,
      'is UPSTREAM_URL right, and may this machine reach it?',
    );
  }
}
