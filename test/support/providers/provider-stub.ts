import { constants, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../http/certificate';
import { useResource } from '../process/use-resource';
import { encode } from '../tokens/tokens';

/** A key of the stub. */
export interface StubKey {
  readonly privateKey: KeyObject;
  /** As published. */
  readonly jwk: Record<string, unknown>;
  readonly kid: string | undefined;
  readonly alg: string;
}

/** How the stub answers the question for its keys. */
export type StubMode =
  | 'good'
  | 'refuse'
  | 'hang'
  | 'drip'
  | 'huge'
  | 'malformed'
  | 'empty'
  | 'error'
  | 'redirect'
  | 'slow'
  | 'very-slow';

const DELAYS_MS = { slow: 1_500, 'very-slow': 2_800 };
const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** A new key for an algorithm; `published` changes what the key set says of it. */
export function stubKey(
  alg = 'RS256',
  { bits = 2048, ...published }: { bits?: number } & Record<string, unknown> = {},
): StubKey {
  const curve = CURVES[alg];
  const { publicKey, privateKey } = /^Ed/.test(alg)
    ? generateKeyPairSync('ed25519')
    : curve === undefined
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : generateKeyPairSync('ec', { namedCurve: curve });
  const jwk: Record<string, unknown> = {
    ...publicKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    alg,
    use: 'sig',
    ...published,
  };
  return { privateKey, jwk, kid: jwk.kid as string | undefined, alg };
}

/** Signs any header and payload with a private key. */
export function signWith(key: KeyObject, alg: string, header: unknown, payload: unknown): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const digest = /^Ed/.test(alg) ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  const signature = sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding });
  return `${input}.${signature.toString('base64url')}`;
}

/** What a test wants different in a token. */
export interface Changes {
  readonly header?: Record<string, unknown>;
  /** Sign with this key instead of the first one published. */
  readonly key?: StubKey;
}

/** A provider that does what a test wants. It shows metadata and keys, and mints tokens; it signs nobody in. */
export class ProviderStub {
  mode: StubMode = 'good';
  keys: StubKey[] = [stubKey()];
  /** Times that the keys were asked for. */
  reads = 0;
  /** Overrides members of the metadata. */
  metadata: Record<string, unknown> = {};
  /** How it answers the question for userinfo, and what it says about the subject of each access token. */
  userinfoMode: StubMode | 'refuse-token' = 'good';
  readonly userinfo = new Map<string, unknown>();
  /** The access tokens that it was asked about. */
  readonly userinfoAsked: (string | undefined)[] = [];
  private readonly pending = new Set<ServerResponse>();
  private readonly server;
  private port = 0;

  /** With a certificate it is on https, under the name `localhost`. */
  private constructor(private readonly certificate: Certificate | undefined) {
    const answer = (request: IncomingMessage, response: ServerResponse) => this.answer(request, response);
    this.server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
  }

  static async start(certificate?: Certificate): Promise<ProviderStub> {
    const stub = new ProviderStub(certificate);
    await stub.listen();
    return stub;
  }

  /** One that runs while the tests of a file or a `describe` do. */
  static use(certificate?: Certificate): ProviderStub {
    const stub = new ProviderStub(certificate);
    useResource(
      () => stub.listen(),
      () => stub.stop(),
    );
    return stub;
  }

  get issuer(): string {
    return this.certificate ? `https://localhost:${this.port}` : `http://127.0.0.1:${this.port}`;
  }

  get jwksUrl(): string {
    return `${this.issuer}/jwks`;
  }

  /** Opens the port, the same one as before if there was one. */
  async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const response of this.pending) response.destroy();
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
  }

  /** A token of the stub: by default a good ID token of somebody new, for the audience `app`. */
  mint(claims: Record<string, unknown> = {}, { header = {}, key = this.keys[0] }: Changes = {}): string {
    if (!key) throw new Error('the stub has no key');
    return signWith(
      key.privateKey,
      key.alg,
      { alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }), ...header },
      { ...person(), ...this.frame(), ...claims },
    );
  }

  /** The claims that every token needs. */
  frame() {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.issuer, aud: 'app', iat: now, exp: now + 600 };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/jwks') return this.answerKeys(response);
    if (request.url === '/.well-known/openid-configuration') {
      return json(response, { issuer: this.issuer, jwks_uri: this.jwksUrl, ...this.metadata });
    }
    if (request.url === '/userinfo') return this.answerUserinfo(request, response);
    response.writeHead(404).end();
  }

  /** The address of userinfo; not in the metadata unless a test puts it there. */
  get userinfoUrl(): string {
    return `${this.issuer}/userinfo`;
  }

  private answerUserinfo({ headers }: IncomingMessage, response: ServerResponse): void {
    const token = headers.authorization?.replace(/^Bearer /, '');
    this.userinfoAsked.push(token);
    const claims = this.userinfo.get(token ?? '');
    if (claims === undefined || this.userinfoMode === 'refuse-token') {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
      return;
    }
    this.respond(response, this.userinfoMode, claims, this.userinfoUrl);
  }

  private answerKeys(response: ServerResponse): void {
    this.reads++;
    this.respond(response, this.mode, { keys: this.keys.map(({ jwk }) => jwk) }, this.jwksUrl);
  }

  private respond(response: ServerResponse, mode: StubMode, document: unknown, url: string): void {
    this.pending.add(response);
    response.once('close', () => this.pending.delete(response));
    switch (mode) {
      case 'good':
        return json(response, document);
      case 'slow':
      case 'very-slow':
        setTimeout(() => json(response, document), DELAYS_MS[mode]);
        return;
      case 'refuse':
        response.destroy();
        return;
      case 'hang':
        return;
      case 'drip':
        drip(response, JSON.stringify(document));
        return;
      case 'huge':
        response.end(JSON.stringify({ ...(document as object), padding: 'x'.repeat(1024 * 1024) }));
        return;
      case 'malformed':
        response.end('{"keys":[');
        return;
      case 'empty':
        return json(response, { keys: [] });
      case 'error':
        response.writeHead(500).end();
        return;
      case 'redirect':
        response.writeHead(302, { location: url }).end();
    }
  }
}

/** The claims of somebody nobody has seen yet. */
export function person() {
  const sub = randomUUID();
  return { sub, email: `${sub}@example.com`, email_verified: true, name: 'Ada Lovelace' };
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
}

function drip(response: ServerResponse, text: string): void {
  let at = 0;
  const timer = setInterval(() => response.write(text[at++] ?? ' '), 100);
  response.once('close', () => clearInterval(timer));
}
