import type { SystemServer } from '../../support/process/debian';

/** What a server needs to know of the service whose tokens it takes. */
export interface Issuer {
  /** As the settings of the page have it: with TLS where the server insists on it. */
  readonly url: string;
  /** PEM; undefined with HS256. */
  readonly privateKey: string | undefined;
  readonly kid: string | undefined;
  readonly email: string;
  /** The key set with one key, as `?alg=` answers it. */
  readonly oneKeySet: string;
  /** The certificate authority of `url`, as a file. */
  readonly authority: string;
}

/** A server that runs, and whether it takes a token. */
export interface RunningServer {
  readonly server: Pick<SystemServer, 'stop' | 'output'>;
  takes(token: string): Promise<boolean>;
}

/** A server that takes our tokens, started with the configuration of its page. */
export interface InteropServer {
  readonly name: string;
  /** In `docs/integrate/servers/`. */
  readonly page: string;
  /** The marks above the blocks of its configuration there, in order; without them every block of its kind of configuration. */
  readonly blocks?: readonly string[];
  readonly program: string;
  /** Too large or too slow for each run: `npm run test:interop -- --all` runs it. */
  readonly large?: true;
  /** It takes an address with TLS only. */
  readonly tls?: true;
  /** Whether it refuses tokens of another audience, by its configuration on the page. */
  readonly checksAudience: boolean;
  /** Whether it refuses the token of a session that was ended. */
  readonly noticesSignOut: boolean;
  /** Introspection says active of refresh tokens too, and it looks no further. */
  readonly takesRefreshToken?: true;
  readonly token: string;
  readonly there: string;
  readonly here: string;
  readonly note: string;
  /** What answers with the version. */
  readonly version: readonly string[];
  start(blocks: readonly string[], issuer: Issuer): Promise<RunningServer>;
}

/** The version of a Debian package. */
export const packaged = (name: string): readonly string[] => [
  '/usr/bin/dpkg-query',
  '-W',
  '-f',
  '${Version}',
  name,
];
