import { decodeText } from './text-file';

const TEXT = 'AUTH_JWT_ISSUER=été 😀\r\n';
const LITTLE = Buffer.from(TEXT, 'utf16le');
const BIG = Buffer.from(TEXT, 'utf16le').swap16();

describe('a text of any editor', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), LITTLE])],
    ['UTF-16, big end first, with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), BIG])],
    ['UTF-16 without a mark', LITTLE],
    ['UTF-16, big end first, without a mark', BIG],
  ])('is read in %s', (_encoding, bytes) => {
    expect(decodeText(bytes)).toBe(TEXT);
  });

  it('may be empty', () => {
    expect(decodeText(Buffer.alloc(0))).toBe('');
    expect(decodeText(Buffer.from('\uFEFF'))).toBe('');
  });

  it.each([
    ['random bytes', Buffer.from([0x9f, 0x01, 0xc3, 0x28, 0xa0])],
    ['random bytes whose second is zero', Buffer.from([0x41, 0, ...Buffer.alloc(30, 0x4e)])],
    ['Latin-1', Buffer.from('\u00e9t\u00e9', 'latin1')],
    ['zeros', Buffer.from('a\0b\0\0')],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0])],
    ['half a character of UTF-16', Buffer.from([0xff, 0xfe, 0x41])],
  ])('is not what %s are', (_what, bytes) => {
    expect(() => decodeText(bytes)).toThrow('is no text in UTF-8 or UTF-16');
  });
});
