interface Pooled {
  readonly text: string;
  uses: number;
}

/** What one text takes beside its characters. */
const OVERHEAD_BYTES = 120;

/** Texts that many snapshots have in common, such as a team, kept once for as long as a snapshot uses them. */
export class TextPool {
  private readonly texts = new Map<string, Pooled>();
  private size = 0;

  /** Estimated bytes of all texts. */
  get bytes(): number {
    return this.size;
  }

  /** The one copy of a text, which is used once more. */
  take(text: string): string {
    const known = this.texts.get(text);
    if (known) {
      known.uses++;
      return known.text;
    }
    this.texts.set(text, { text, uses: 1 });
    this.size += sizeOf(text);
    return text;
  }

  /** Is used once less. */
  release(text: string): void {
    const known = this.texts.get(text);
    if (!known || --known.uses > 0) return;
    this.texts.delete(text);
    this.size -= sizeOf(text);
  }
}

const sizeOf = (text: string) => OVERHEAD_BYTES + textBytes(text);

/** Bytes of a text in memory: one per character unless a character needs two. */
export function textBytes(text: string): number {
  return /^[\0-\u00ff]*$/.test(text) ? text.length : text.length * 2;
}
