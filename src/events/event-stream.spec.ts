import type { Response } from 'express';
import { servicePrincipal } from '../security/principal';
import { EventStream } from './event-stream';

const SERVICE = servicePrincipal({ id: 'a', name: 'Consumer', scopes: ['tokens:validate'], keyId: 'k' });

function responseOf(writableLength: number) {
  return { writableLength, once: jest.fn(), write: jest.fn(), destroy: jest.fn(), end: jest.fn() };
}

describe('EventStream', () => {
  it('cuts a reader that leaves too much unread', () => {
    const response = responseOf(10_000_000);
    const stream = new EventStream(response as unknown as Response, SERVICE);
    expect(stream.write('event')).toBe(false);
    expect([response.destroy.mock.calls.length, response.write.mock.calls.length]).toEqual([1, 0]);
    expect(stream.write('event')).toBe(true); // it is over, and not cut once more
    expect(response.write).not.toHaveBeenCalled();
  });

  it('writes to one that reads', () => {
    const response = responseOf(100);
    const stream = new EventStream(response as unknown as Response, SERVICE);
    expect(stream.write('event')).toBe(true);
    expect(response.write).toHaveBeenCalledWith('event');
  });
});
