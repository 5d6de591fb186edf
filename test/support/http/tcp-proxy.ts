import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One connection of a client, and ours to the target. */
interface Link {
  readonly sockets: readonly Socket[];
  /** Passes nothing on, ever again. */
  stranded: boolean;
}

/** A way to PostgreSQL that a test can break. */
export class TcpProxy {
  /** Every packet waits this long, in both directions. */
  delayMs = 0;
  /** Changes what the server says. */
  rewrite: (packet: Buffer) => Buffer = (packet) => packet;
  private readonly links = new Set<Link>();
  private server: Server | undefined;
  private port = 0;
  private frozen = false;
  private wake: () => void = () => undefined;
  private thawed = Promise.resolve();

  private target: URL;

  private constructor(private readonly first: URL) {
    this.target = first;
  }

  /** Stands before the server of a database URL. */
  static async start(databaseUrl: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(databaseUrl));
    await proxy.accept();
    return proxy;
  }

  /** The database URL that leads through the proxy. */
  get url(): string {
    const url = new URL(this.first);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Connections to come go to the server of this database URL. */
  switchTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
  }

  /** Takes connections and packets and says nothing. */
  freeze(): void {
    if (this.frozen) return;
    this.frozen = true;
    this.thawed = new Promise((resolve) => (this.wake = resolve));
  }

  /** Passes everything on that was held back. */
  thaw(): void {
    this.frozen = false;
    this.wake();
  }

  /** The connections of now stay open and silent for ever; later ones work. */
  strand(): void {
    for (const link of this.links) link.stranded = true;
  }

  /** Ends every connection at once, as a network does that breaks. */
  cut(): void {
    for (const { sockets } of this.links) {
      for (const socket of sockets) {
        // Node never frees a socket that is reset while it says goodbye.
        if (socket.writableEnded) socket.destroy();
        else socket.resetAndDestroy();
      }
    }
  }

  /** Nobody listens any more, and every connection is cut. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  /** Listens, on the same port as before. */
  async accept(): Promise<void> {
    if (this.server) return;
    const server = createServer((client) => this.join(client));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.refuse();
    this.thaw();
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const link = { sockets: [client, server], stranded: false };
    this.links.add(link);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => undefined); // "close" follows
      from.once('close', () => {
        this.links.delete(link);
        to.destroy();
      });
      void this.pass(from, to, link).catch(() => undefined);
    }
  }

  private async pass(from: Socket, to: Socket, link: Link): Promise<void> {
    for await (const packet of from) {
      if (this.delayMs > 0) await sleep(this.delayMs);
      while (this.frozen) await this.thawed;
      if (link.stranded) continue;
      to.write(from === link.sockets[1] ? this.rewrite(packet as Buffer) : (packet as Buffer));
    }
    if (!link.stranded) to.end();
  }
}
