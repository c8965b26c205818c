/** The user that the images run as; none that a host knows. */
export const USER_ID = 10_001;
export const SECRETS_FOLDER = '/run/secrets/porchlight';
export const STATE_FOLDER = '/var/lib/porchlight/state';

/** Pod Security's `restricted`, and a file system of a group that may write to the scratch folders. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: USER_ID,
  runAsGroup: USER_ID,
  fsGroup: USER_ID,
  seccompProfile: { type: 'RuntimeDefault' },
};

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** @returns the variables that name the files of secrets: a value in the environment would be in every dump of it */
export const secretVariables = (names: readonly string[]) =>
  names.map((name) => ({ name: `${name}_FILE`, value: `${SECRETS_FOLDER}/${name}` }));

/** Readable for the group, for nobody else. */
const SECRET_MODE = 0o440;

export interface PodFolders {
  /** The Secret whose values are files; undefined where there is none. */
  readonly secret: string | undefined;
  readonly hasState: boolean;
}

export const mountsOf = ({ secret, hasState }: PodFolders) => [
  { name: 'scratch', mountPath: '/tmp' },
  ...(secret === undefined ? [] : [{ name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true }]),
  ...(hasState ? [{ name: 'state', mountPath: STATE_FOLDER }] : []),
];

/** Local copies of state are copies: a new pod reads them from the changelog. */
export const volumesOf = ({ secret, hasState }: PodFolders) => [
  { name: 'scratch', emptyDir: { sizeLimit: '64Mi' } },
  ...(secret === undefined ? [] : [{ name: 'secrets', secret: { secretName: secret, defaultMode: SECRET_MODE } }]),
  ...(hasState ? [{ name: 'state', emptyDir: { sizeLimit: '2Gi' } }] : []),
];
