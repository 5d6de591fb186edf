import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

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

/**
 * Reads the lines of a file from a place on, whatever its size, in the memory of a line: into one buffer again and again, since
 * a stream leaves its buffers to the garbage collector, which is in no hurry about them.
 */
export async function* readLines(path: string, from: Place): AsyncGenerator<Line> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const reader = new LineReader(from);
    for (let at = from.offset; ;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield* reader.linesOf(buffer.subarray(0, bytesRead));
    }
    yield* reader.rest();
  } finally {
    await file.close();
  }
}

/** Puts lines together from parts of a file. */
class LineReader {
  private number: number;
  private offset: number;
  /** The beginning of a line whose end has not been read; empty when the line is too long. */
  private beginning = Buffer.alloc(0);
  private beginningBytes = 0;

  constructor({ lines, offset }: Place) {
    this.number = lines;
    this.offset = offset;
  }

  /** The lines that end in a part. */
  *linesOf(part: Buffer): Generator<Line> {
    let start = 0;
    for (let end = part.indexOf(LINE_FEED); end !== -1; end = part.indexOf(LINE_FEED, start)) {
      this.offset += end + 1 - start;
      yield this.complete(part.subarray(start, end));
      start = end + 1;
    }
    this.keep(part.subarray(start));
    this.offset += part.length - start;
  }

  /** A last line without an end. */
  *rest(): Generator<Line> {
    if (this.beginningBytes > 0) yield this.complete(Buffer.alloc(0));
  }

  private complete(end: Buffer): Line {
    const length = this.beginningBytes + end.length;
    const bytes = this.beginningBytes === 0 ? end : Buffer.concat([this.beginning, end]);
    this.beginning = Buffer.alloc(0);
    this.beginningBytes = 0;
    return toLine(++this.number, bytes, length, this.offset);
  }

  private keep(bytes: Buffer): void {
    this.beginningBytes += bytes.length;
    const isTooLong = this.beginningBytes > MAX_LINE_BYTES;
    this.beginning = isTooLong ? Buffer.alloc(0) : Buffer.concat([this.beginning, bytes]);
  }
}

function toLine(number: number, bytes: Buffer, length: number, endOffset: number): Line {
  if (length > MAX_LINE_BYTES)
    return { number, text: undefined, fault: `is longer than ${MAX_LINE_BYTES} bytes`, endOffset };
  if (!isUtf8(bytes)) return { number, text: undefined, fault: 'is not UTF-8', endOffset };
  const text = bytes.toString('utf8');
  return { number, text: text.startsWith(BYTE_ORDER_MARK) && number === 1 ? text.slice(1) : text, endOffset };
}
