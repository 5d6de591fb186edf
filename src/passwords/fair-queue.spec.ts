import { FairQueue } from './fair-queue';

/** A queue of items such as `a1.2`: source a, its connection 1, its second item there. */
function queueOf(...items: string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  const connections = new Map<string, object>();
  for (const item of items) {
    const name = item.split('.')[0]!;
    const connection = connections.get(name) ?? {};
    connections.set(name, connection);
    queue.push({ source: item[0]!, connection }, item);
  }
  return queue;
}

function drain(queue: FairQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

describe('FairQueue', () => {
  it('answers undefined when there is nothing', () => {
    const queue = queueOf();
    expect([queue.shift(), queue.popNewestOfLargest(), queue.size]).toEqual([undefined, undefined, 0]);
  });

  it('takes the work of one connection in its order', () => {
    expect(drain(queueOf('a1.1', 'a1.2', 'a1.3'))).toEqual(['a1.1', 'a1.2', 'a1.3']);
  });

  it('takes from each source in turn, however much one has brought before', () => {
    expect(drain(queueOf('a1.1', 'a1.2', 'a1.3', 'b1.1', 'b1.2', 'c1.1'))).toEqual([
      ...['a1.1', 'b1.1', 'c1.1'],
      ...['a1.2', 'b1.2'],
      'a1.3',
    ]);
  });

  it('lets the connections of a source share its turn', () => {
    expect(drain(queueOf('a1.1', 'a1.2', 'a1.3', 'a2.1', 'b1.1', 'b1.2'))).toEqual([
      ...['a1.1', 'b1.1'],
      ...['a2.1', 'b1.2'],
      ...['a1.2', 'a1.3'],
    ]);
  });

  it('counts what is in it', () => {
    const queue = queueOf('a1.1', 'a2.1', 'b1.1');
    expect(queue.size).toBe(3);
    queue.shift();
    expect(queue.size).toBe(2);
    drain(queue);
    expect(queue.size).toBe(0);
  });

  it('gives up the newest of the longest connection of the source with most', () => {
    const queue = queueOf('a1.1', 'a2.1', 'a2.2', 'b1.1', 'b1.2');
    expect(queue.popNewestOfLargest()).toBe('a2.2');
    expect(drain(queue)).toEqual(['a1.1', 'b1.1', 'a2.1', 'b1.2']);
  });

  it('gives up what came last, among equals', () => {
    const queue = queueOf('a1.1', 'b1.1', 'b2.1', 'a2.1', 'c1.1', 'c2.1');
    expect(queue.popNewestOfLargest()).toBe('c2.1');
    expect(queue.size).toBe(5);
  });

  it('removes what fits, and leaves the turns as they were', () => {
    const queue = queueOf('a1.1', 'a1.2', 'b1.1', 'c1.1', 'c2.1');
    expect(queue.removeWhere((item) => /^b|^a1\.1|^c2/.test(item))).toEqual(['a1.1', 'b1.1', 'c2.1']);
    expect(queue.size).toBe(2);
    expect(drain(queue)).toEqual(['a1.2', 'c1.1']);
  });
});
