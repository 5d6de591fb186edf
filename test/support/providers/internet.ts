import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { discoveryUrl } from '../../../src/common/oidc-discovery';
import { makeCertificate, type Certificate } from '../http/certificate';
import type { StubKey } from './provider-stub';

/** A provider at its real address. */
export interface PlacedProvider {
  readonly issuer: string;
  /** Where its keys are said to be; else discovery says where. */
  readonly jwksUrl?: string;
  readonly keys: readonly StubKey[];
}

/**
 * The hosts of providers under their real names, as a process sees them that is given `env`: through a proxy that leads all
 * connections here, by TLS with a certificate for all of these names.
 */
export class Internet {
  /** The addresses that were asked for. */
  readonly asked: string[] = [];
  private readonly documents = new Map<string, unknown>();
  private readonly sockets = new Set<Socket>();
  private readonly proxy = createHttpServer();

  private constructor(
    private readonly certificate: Certificate,
    providers: readonly PlacedProvider[],
  ) {
    for (const { issuer, jwksUrl = `${new URL(issuer).origin}/keys-of-discovery`, keys } of providers) {
      this.documents.set(discoveryUrl(issuer), { issuer, jwks_uri: jwksUrl });
      this.documents.set(jwksUrl, { keys: keys.map(({ jwk }) => jwk) });
    }
  }

  static async start(providers: readonly PlacedProvider[]): Promise<Internet> {
    const names = providers.flatMap(({ issuer, jwksUrl }) => [issuer, jwksUrl ?? issuer]);
    const hosts = [...new Set(names.map((name) => new URL(name).hostname))];
    const internet = new Internet(await makeCertificate(hosts), providers);
    await internet.listen();
    return internet;
  }

  /** What a process needs to see it. */
  get env(): Record<string, string> {
    const { port } = this.proxy.address() as AddressInfo;
    return { HTTPS_PROXY: `http://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: this.certificate.file };
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.proxy.close();
    this.hosts?.close();
  }

  private hosts: ReturnType<typeof createServer> | undefined;

  private async listen(): Promise<void> {
    const hosts = createServer(this.certificate, (request, response) => this.answer(request, response));
    this.hosts = hosts;
    hosts.listen(0, '127.0.0.1');
    await once(hosts, 'listening');
    const { port } = hosts.address() as AddressInfo;
    this.proxy.on('connect', (_request, client: Socket) => {
      const server = connect(port, '127.0.0.1');
      for (const socket of [client, server]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    this.proxy.listen(0, '127.0.0.1');
    await once(this.proxy, 'listening');
  }

  private answer({ headers, url }: IncomingMessage, response: ServerResponse): void {
    const address = `https://${headers.host}${url}`;
    this.asked.push(address);
    const document = this.documents.get(address);
    if (document === undefined) response.writeHead(404).end();
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document));
  }
}
