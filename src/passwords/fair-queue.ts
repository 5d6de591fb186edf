/** The origin of an item: connections of one source share its turn. */
export interface Submitter {
  readonly source: string;
  readonly connection: object;
}

interface Source<T> {
  count: number;
  readonly connections: Map<object, T[]>;
}

/**
 * A round-robin queue: one item from each source in turn, and within a source from each connection in turn, so that a source
 * with many items delays only itself. Maps keep insertion order: the first entry is next.
 */
export class FairQueue<T> {
  private readonly sources = new Map<string, Source<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push({ source: name, connection }: Submitter, item: T): void {
    const source = this.sources.get(name) ?? { count: 0, connections: new Map<object, T[]>() };
    const items = source.connections.get(connection) ?? [];
    items.push(item);
    source.connections.set(connection, items);
    source.count++;
    this.sources.set(name, source);
    this.count++;
  }

  /** Removes and answers the next item; its source and connection move to the end of their queues. */
  shift(): T | undefined {
    const next = this.sources.entries().next().value;
    if (!next) return undefined;
    const [name, source] = next;
    const [connection, items] = source.connections.entries().next().value!;
    const item = items.shift();
    source.connections.delete(connection);
    if (items.length > 0) source.connections.set(connection, items);
    this.sources.delete(name);
    if (--source.count > 0) this.sources.set(name, source);
    this.count--;
    return item;
  }

  /** Removes and answers the newest item of the source with most items; among equals, of the latest source. */
  popNewestOfLargest(): T | undefined {
    const longest = last([...this.sources], ([, { count }]) => count);
    if (!longest) return undefined;
    const [name, source] = longest;
    const [connection, items] = last([...source.connections], ([, { length }]) => length)!;
    const item = items.pop();
    if (items.length === 0) source.connections.delete(connection);
    if (--source.count === 0) this.sources.delete(name);
    this.count--;
    return item;
  }

  /** Removes and answers all matching items. */
  removeWhere(matches: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (const [name, source] of this.sources) {
      for (const [connection, items] of source.connections) {
        const kept = items.filter((item) => !matches(item));
        removed.push(...items.filter(matches));
        if (kept.length > 0) source.connections.set(connection, kept);
        else source.connections.delete(connection);
        source.count -= items.length - kept.length;
      }
      if (source.count === 0) this.sources.delete(name);
    }
    this.count -= removed.length;
    return removed;
  }
}

/** The last entry among those with the greatest value. */
function last<T>(entries: readonly T[], valueOf: (entry: T) => number): T | undefined {
  return entries.reduce<T | undefined>(
    (best, entry) => (best === undefined || valueOf(entry) >= valueOf(best) ? entry : best),
    undefined,
  );
}
