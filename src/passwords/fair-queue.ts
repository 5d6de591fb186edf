/** Who brings work: connections of one source share its turn. */
export interface Bringer {
  readonly source: string;
  readonly connection: object;
}

interface Source<T> {
  count: number;
  readonly connections: Map<object, T[]>;
}

/**
 * Work that waits, taken from each source in turn, and of a source from each of its connections in turn. Whoever brings much
 * waits for it themselves. Maps keep the order of insertion: the first entry is the next in turn.
 */
export class FairQueue<T> {
  private readonly sources = new Map<string, Source<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push({ source: name, connection }: Bringer, item: T): void {
    const source = this.sources.get(name) ?? { count: 0, connections: new Map<object, T[]>() };
    const items = source.connections.get(connection) ?? [];
    items.push(item);
    source.connections.set(connection, items);
    source.count++;
    this.sources.set(name, source);
    this.count++;
  }

  /** The next item; its source and connection go to the end of their lines. */
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

  /** Takes away the newest item of whoever has brought most; among equals, of who came last. */
  popOfLongest(): T | undefined {
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

  /** Takes away and answers everything that fits. */
  removeWhere(fits: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (const [name, source] of this.sources) {
      for (const [connection, items] of source.connections) {
        const kept = items.filter((item) => !fits(item));
        removed.push(...items.filter(fits));
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

/** The last one of those with the greatest value. */
function last<T>(entries: readonly T[], valueOf: (entry: T) => number): T | undefined {
  return entries.reduce<T | undefined>(
    (best, entry) => (best === undefined || valueOf(entry) >= valueOf(best) ? entry : best),
    undefined,
  );
}
