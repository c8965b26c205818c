import { labelsOf, type KubernetesObject } from './kubernetes-object.ts';

/** The store of the namespace; an overlay, or the platform, makes it. */
const STORE = { name: 'porchlight', kind: 'SecretStore' };

/**
 * @param secret  the Secret that it makes
 * @param owner   whose it is: the store's key is `porchlight/<owner>`, one property for each variable
 */
export const externalSecretOf = (secret: string, owner: string, variables: readonly string[]): KubernetesObject => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: secret, labels: labelsOf(owner, 'foundation') },
  spec: {
    refreshInterval: '1h',
    secretStoreRef: STORE,
    target: { name: secret, creationPolicy: 'Owner' },
    data: variables.map((name) => ({ secretKey: name, remoteRef: { key: `porchlight/${owner}`, property: name } })),
  },
});
