import { addressVariables } from '@porchlight/stack';

/**
 * The environment without the addresses of somebody's servers: the tests write to their servers and empty them, which must
 * never meet a cluster that a shell happens to name.
 *
 * @param useGiven  whoever runs this has said that those servers may be used
 */
export function ownEnvironment(
  environment: Readonly<NodeJS.ProcessEnv>,
  { useGiven }: { useGiven: boolean },
): NodeJS.ProcessEnv {
  const theirs: readonly string[] = useGiven ? [] : Object.values(addressVariables);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !theirs.includes(name)));
}
