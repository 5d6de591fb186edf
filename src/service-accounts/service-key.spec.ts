import { crc32 } from 'node:zlib';
import { createServiceKey, parseServiceKey } from './service-key';

describe('a service key', () => {
  it('is psk_ and 26 to 200 characters of A-Za-z0-9_-, and another one each time', () => {
    const keys = Array.from({ length: 100 }, createServiceKey);
    for (const { text } of keys) expect(text).toMatch(/^psk_[A-Za-z0-9_-]{26,200}$/);
    expect(new Set(keys.map(({ text }) => text.slice(0, 60))).size).toBe(100);
  });

  it('is read back with its id and hash', () => {
    const { text, id, hash } = createServiceKey();
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(parseServiceKey(text)).toEqual({ id, hash });
  });

  it('ends in the CRC-32 of the rest, as docs/integrate/services.md describes it', () => {
    const { text } = createServiceKey();
    const sum = Buffer.from(text.slice(-6), 'base64url').readUInt32BE();
    expect(sum).toBe(crc32(text.slice(0, -6)));
  });

  it('is refused without a database when one character is another', () => {
    const { text } = createServiceKey();
    for (let at = 4; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x';
      expect(parseServiceKey(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
    }
  });

  it.each(['', 'psk_', 'psk_short', `psk_${'A'.repeat(71)}`, `psr_${'A'.repeat(71)}`])(
    'is not %j',
    (text) => {
      expect(parseServiceKey(text)).toBeUndefined();
      expect(parseServiceKey(`${createServiceKey().text}\n`)).toBeUndefined();
    },
  );
});
