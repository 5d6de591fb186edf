import { createHash } from 'node:crypto';
import { AppError } from '../common/errors/app-error';

/** Enough that no two bodies of one resource share it. */
const TAG_LENGTH = 22;
/** RFC 9110 section 8.8.3, with or without W/. */
const TAGS = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/**
 * The strong entity tag of a resource (RFC 9110 section 8.8.3): a hash of the body that shows it, and so of nothing that the
 * body does not show.
 */
export function entityTagOf(body: object): string {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  return `"${hash.slice(0, TAG_LENGTH)}"`;
}

/** What the caller of a change expects the resource to be (RFC 9110 section 13.1.1, If-Match). */
export class Precondition {
  constructor(private readonly header: string | undefined) {}

  get isGiven(): boolean {
    return this.header !== undefined;
  }

  /**
   * Refuses with `precondition-failed` when the resource, as this body shows it, is another, or when there is none yet (undefined).
   * To be asked under its lock.
   */
  check(body: object | undefined): void {
    if (this.header === undefined) return;
    if (!body) throw new AppError('precondition-failed');
    if (this.header.trim() === '*') return;
    // Weak tags never match here: section 8.8.3.2, strong comparison.
    const tags: readonly string[] = this.header.match(TAGS) ?? [];
    if (!tags.includes(entityTagOf(body))) throw new AppError('precondition-failed');
  }
}
