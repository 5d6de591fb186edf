import { connect } from 'node:net';

/** What to send next after everything that came, or that it is decided. */
type Next = (text: string) => string | Buffer | { readonly decided: boolean } | undefined;

/** Speaks with a server over TCP, until it is decided; fails after 15 s, and when the server hangs up before. */
export function converse(port: number, next: Next, first: string | Buffer = ''): Promise<boolean> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no decision: ${text}`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error(`hung up: ${text}`)));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const answer = next(text);
      if (answer === undefined) return;
      if (typeof answer === 'string' || Buffer.isBuffer(answer)) {
        text = '';
        socket.write(answer);
        return;
      }
      done(answer.decided);
      socket.destroy();
    });
  });
}
