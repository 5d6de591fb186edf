import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 1024 * 1024;
const READ_BYTES = 128 * 1024;
const BYTE_ORDER_MARK = '\ufeff';

/** A line of a file. */
export interface Line {
  /** From 1 on. */
  readonly number: number;
  /** Undefined: it is none, and `fault` says why. */
  readonly text: string | undefined;
  readonly fault?: string;
  /** Of the file, up to its end. */
  readonly endOffset: number;
}

/** Where to go on in a file. */
export interface Place {
  /** Lines before it. */
  readonly lines: number;
  /** Bytes before it. */
  readonly offset: number;
}

/** Reads the lines of a file from a place on, whatever its size, in the memory of a line. */
export async function* readLines(path: string, from: Place): AsyncGenerator<Line> {
  let { lines, offset } = from;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const take = (): Line => {
    const line = toLine(++lines, Buffer.concat(pending), pendingBytes, offset);
    pending = [];
    pendingBytes = 0;
    return line;
  };
  const keep = (part: Buffer) => {
    // Of a line that is too long nothing is kept.
    if (pendingBytes + part.length > MAX_LINE_BYTES) pending = [];
    else pending.push(part);
    pendingBytes += part.length;
  };
  for await (const chunk of createReadStream(path, { start: offset, highWaterMark: READ_BYTES })) {
    const bytes = chunk as Buffer;
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      keep(bytes.subarray(start, end));
      offset += end + 1 - start;
      start = end + 1;
      yield take();
    }
    keep(bytes.subarray(start));
    offset += bytes.length - start;
  }
  if (pendingBytes > 0) yield take();
}

function toLine(number: number, bytes: Buffer, length: number, endOffset: number): Line {
  if (length > MAX_LINE_BYTES)
    return { number, text: undefined, fault: `is longer than ${MAX_LINE_BYTES} bytes`, endOffset };
  if (!isUtf8(bytes)) return { number, text: undefined, fault: 'is not UTF-8', endOffset };
  const text = bytes.toString('utf8');
  return { number, text: text.startsWith(BYTE_ORDER_MARK) && number === 1 ? text.slice(1) : text, endOffset };
}
