/**
 * Where the pages of deploy/runbooks are read. Alertmanager and Grafana show it as a link, so it must be an address: put
 * your own here (or in an overlay of deploy/k8s) and write the files again.
 */
export const RUNBOOKS_URL = 'https://porchlight.example/runbooks';

export const runbookUrlOf = (alert: string): string => `${RUNBOOKS_URL}/${alert}.md`;
