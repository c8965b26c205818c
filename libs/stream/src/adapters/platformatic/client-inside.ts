import { kGetApi, kGetBootstrapConnection, type API, type Base, type Connection } from '@platformatic/kafka';

/** The doors by which the package's own clients reach its protocol layer; it exports them, and no other file here goes through them. */
type Client = Pick<Base, typeof kGetApi | typeof kGetBootstrapConnection>;

/** @returns the newest version of a request that this package and the brokers both know */
export const apiOf = <R extends unknown[], A>(client: Client, name: string): Promise<API<R, A>> =>
  new Promise((resolve, reject) =>
    client[kGetApi]<R, A>(name, (error, api) =>
      api === undefined ? reject(error ?? new Error(`no ${name}`)) : resolve(api),
    ),
  );

/** @returns a connection to any broker */
export const anyConnection = (client: Client): Promise<Connection> =>
  new Promise((resolve, reject) =>
    client[kGetBootstrapConnection]((error, found) =>
      found === undefined ? reject(error ?? new Error('no connection')) : resolve(found),
    ),
  );
