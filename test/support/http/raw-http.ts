import { connect } from 'node:net';
import type { Answer } from './http';

/** What came back on one connection. */
export interface RawExchange {
  /** The answers, in order. */
  readonly answers: Answer[];
  /** Whether the service closed the connection. */
  readonly closed: boolean;
}

const LIMIT_MS = 30_000;

/**
 * Sends bytes as they are, and reads until so many answers have come or the service has closed the connection. Answers
 * must have a Content-Length, or none of the statuses that have a body. `halfClose`: closes its own side behind the bytes.
 */
export function sendRaw(
  { port }: { readonly port: number },
  bytes: string | Buffer,
  { answers: wanted = Infinity, halfClose = false }: { answers?: number; halfClose?: boolean } = {},
): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let pending = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => (halfClose ? socket.end(bytes) : socket.write(bytes)));
    const finish = (closed: boolean) => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ answers, closed });
    };
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`after ${LIMIT_MS} ms there were ${answers.length} answers on an open connection`));
    }, LIMIT_MS);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let found = takeAnswer(pending); found; found = takeAnswer(pending)) {
        answers.push(found.answer);
        pending = pending.subarray(found.length);
      }
      if (answers.length >= wanted) finish(false);
    });
    socket.on('error', () => undefined); // a reset is a way to close
    socket.on('close', () => finish(true));
  });
}

/** Sends one request as these lines, closed by an empty one, and answers its one answer. */
export async function sendLines(
  service: { readonly port: number },
  lines: readonly string[],
  body: string | Buffer = '',
): Promise<Answer> {
  const head = Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
  const { answers } = await sendRaw(service, Buffer.concat([head, Buffer.from(body)]), { answers: 1 });
  const [answer] = answers;
  if (!answer) throw new Error('the connection was closed without an answer');
  return answer;
}

/** The first whole answer in the bytes, and how many of them it took. */
function takeAnswer(bytes: Buffer): { answer: Answer; length: number } | undefined {
  const endOfHead = bytes.indexOf('\r\n\r\n');
  if (endOfHead < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, endOfHead).split('\r\n');
  const headers = new Headers(lines.map(splitHeader));
  const start = endOfHead + 4;
  const length = start + Number(headers.get('content-length') ?? 0);
  if (bytes.length < length) return undefined;
  const text = bytes.toString('utf8', start, length);
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  return {
    answer: {
      status: Number(statusLine.split(' ')[1]),
      headers,
      body: (isJson && text !== '' ? JSON.parse(text) : undefined) as Answer['body'],
      text,
    },
    length,
  };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
