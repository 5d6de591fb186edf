import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '../process/eventually';

/** One TCP connection to a service, on which a test writes what it likes. */
export class RawConnection {
  received = '';
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString()));
    socket.on('error', () => undefined); // "close" follows
    socket.on('close', () => (this.closed = true));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Waits until something has come that matches. */
  async until(pattern: RegExp): Promise<void> {
    await eventually(`it sends ${pattern}`, () => pattern.test(this.received) || undefined);
  }

  async untilClosed(): Promise<void> {
    await eventually('it closes', () => this.closed || undefined);
  }

  destroy(): void {
    this.socket.destroy();
  }
}
