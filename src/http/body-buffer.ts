import { openString } from '../common/json-text';

/** Largest JSON body, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** A string member that may exceed the body limit, because a client cannot know how long its value is. */
export interface LongMember {
  /** Paths of the requests that may have it. */
  readonly paths: RegExp;
  /** Its name, in the outermost object. */
  readonly name: string;
  /** Longest value that is passed on unchanged, in bytes. */
  readonly longest: number;
  /** Longest value that is read, in bytes. */
  readonly ceiling: number;
}

/** Collects the bytes of a body within its limits. */
export class BodyBuffer {
  private chunks: Buffer[] = [];
  private length = 0;
  private overflow: LongValue | undefined;

  constructor(
    private readonly member: LongMember | undefined,
    private readonly maxBytes = MAX_BODY_BYTES,
  ) {}

  /** Maximum size of the body in bytes. */
  get ceiling(): number {
    return this.maxBytes + (this.member?.ceiling ?? 0);
  }

  /** Adds a chunk; answers false when the body is too large. */
  add(chunk: Buffer): boolean {
    this.length += chunk.length;
    if (this.overflow) return this.overflow.add(chunk) && this.length <= this.ceiling;
    this.chunks.push(chunk);
    if (this.length <= this.maxBytes) return true;
    this.overflow = this.member && LongValue.open(this.take(), this.member);
    return this.overflow !== undefined && this.length <= this.ceiling;
  }

  /**
   * The complete body; undefined when it is too large. A value of the long member that exceeds `longest` is replaced by a filler
   * of `longest` + 1 letters.
   */
  bytes(): Buffer | undefined {
    return this.overflow ? this.overflow.bytes() : this.take();
  }

  private take(): Buffer {
    const [only] = this.chunks;
    const bytes = only && this.chunks.length === 1 ? only : Buffer.concat(this.chunks);
    this.chunks = [];
    return bytes;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A body whose long member is dropped: what surrounds the value is kept, the value is only counted. */
class LongValue {
  private valueLength = 0;
  private isEscaped = false;
  private isClosed = false;
  private readonly around: Buffer[];
  private aroundLength: number;

  private constructor(
    before: Buffer,
    private readonly member: LongMember,
  ) {
    this.around = [before];
    this.aroundLength = before.length;
  }

  /** Undefined unless the first bytes of the body end inside the value of this member. */
  static open(bytes: Buffer, member: LongMember): LongValue | undefined {
    const text = bytes.toString('latin1', 0, MAX_BODY_BYTES); // one character per byte; the search is for ASCII
    const open = openString(text);
    if (
      open?.depth !== 1 ||
      !new RegExp(`[{,]\\s*"${member.name}"\\s*:\\s*"$`).test(text.slice(0, open.start))
    )
      return undefined;
    const value = new LongValue(bytes.subarray(0, open.start), member);
    return value.add(bytes.subarray(open.start)) ? value : undefined;
  }

  add(chunk: Buffer): boolean {
    if (this.isClosed) return this.keep(chunk);
    const end = this.endOfValue(chunk);
    this.valueLength += end;
    if (this.valueLength > this.member.ceiling) return false;
    if (end === chunk.length) return true;
    this.isClosed = true;
    return this.valueLength > this.member.longest && this.keep(chunk.subarray(end));
  }

  bytes(): Buffer | undefined {
    const [before, ...after] = this.around;
    return before && Buffer.concat([before, Buffer.alloc(this.member.longest + 1, 'x'), ...after]);
  }

  /** Index of the closing quote; the length of the chunk when the value continues. */
  private endOfValue(chunk: Buffer): number {
    for (let at = 0; at < chunk.length; at++) {
      if (this.isEscaped) this.isEscaped = false;
      else if (chunk[at] === BACKSLASH) this.isEscaped = true;
      else if (chunk[at] === QUOTE) return at;
    }
    return chunk.length;
  }

  private keep(chunk: Buffer): boolean {
    this.around.push(chunk);
    this.aroundLength += chunk.length;
    return this.aroundLength <= MAX_BODY_BYTES;
  }
}
