/** One event of a stream. */
export interface StreamEvent {
  readonly kind: string;
  readonly data: string;
}

/** No event of the feed is longer. */
const LONGEST = 65_536;

/** Reads text/event-stream, as the HTML standard parses it (section 9.2.6), without ids and retry times. */
export class EventStreamParser {
  private rest = '';
  private kind = '';
  private data: string[] = [];

  /** The events that are whole with this piece of text. Throws when a line has no end. */
  push(text: string): StreamEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    if (this.rest.length > LONGEST) throw new Error('an event has no end');
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): StreamEvent[] {
    if (line !== '') {
      const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
      if (name === 'event') this.kind = value;
      if (name === 'data') this.data.push(value);
      return [];
    }
    const event = { kind: this.kind || 'message', data: this.data.join('\n') };
    const isEmpty = this.data.length === 0;
    this.kind = '';
    this.data = [];
    return isEmpty ? [] : [event];
  }
}
