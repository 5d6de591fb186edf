import type { Response } from 'express';
import type { ServicePrincipal } from '../security/principal';

/** What a reader may leave unread, in bytes; the kernel holds some more. */
const MAX_UNREAD = 256 * 1024;

/** One open stream. */
export class EventStream {
  isOpen = true;

  constructor(
    private readonly response: Response,
    readonly service: ServicePrincipal,
  ) {
    response.once('close', () => (this.isOpen = false));
  }

  /** Writes events; a reader that is too slow for them is cut. Answers whether it was not. */
  write(events: string | Buffer): boolean {
    if (!this.isOpen) return true;
    if (this.response.writableLength > MAX_UNREAD) {
      this.response.destroy();
      this.isOpen = false;
      return false;
    }
    this.response.write(events);
    return true;
  }

  /** Ends it as a complete response. */
  end(): void {
    this.isOpen = false;
    this.response.end();
  }
}
