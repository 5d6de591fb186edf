import { normaliseEmail, requireEmail } from './email';

describe('normaliseEmail (D10)', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada.LOVELACE@Example.COM', 'ada.lovelace@example.com'],
    [' \t\r\n\fada@example.com\n ', 'ada@example.com'],
    ["o'brien+tag@example.com", "o'brien+tag@example.com"],
    ["!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"],
    ['a@b.co', 'a@b.co'],
    ['a@1.2.example', 'a@1.2.example'],
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    ['a@BÜCHER.example', 'a@xn--bcher-kva.example'],
    ['a@bu\u0308cher.example', 'a@xn--bcher-kva.example'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@例え.テスト', 'a@xn--r8jz45g.xn--zckzah'],
    ['a@ｅｘａｍｐｌｅ．com', 'a@example.com'],
    ['a@example。com', 'a@example.com'],
    ['a@\u212aelvin.example', 'a@kelvin.example'],
    ['a@straße.example', 'a@xn--strae-oqa.example'],
    ['a@\u05e9\u05dc\u05d5\u05dd.example', 'a@xn--9dbne9b.example'],
    ['a@\u1c89.example', 'a@xn--d4f.example'], // a letter that Unicode 16 has added
    ['a@XN--D4F.example', 'a@xn--d4f.example'],
  ])('writes %j as %j', (text, expected) => {
    expect(normaliseEmail(text)).toBe(expected);
    expect(normaliseEmail(expected)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '@',
    'a',
    'a@',
    '@example.com',
    'example.com',
    'a@b',
    'a@localhost',
    'a@@example.com',
    'a@b@example.com',
    'a b@example.com',
    'a@exa mple.com',
    'a@ example.com',
    'a @example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    '"a"@example.com',
    'a(x)@example.com',
    'a\\b@example.com',
    '<a@example.com>',
    'a,b@example.com',
    'a;b@example.com',
    'a:b@example.com',
    'Ada <a@example.com>',
    'a@example.com,b@example.com',
    'mailto:a@example.com',
  ])('takes %j for no address', (text) => expect(normaliseEmail(text)).toBeUndefined());

  it.each([
    'a@example.com.',
    'a@example.com。',
    'a@.example.com',
    'a@example..com',
    'a@-example.com',
    'a@example-.com',
    'a@exam_ple.com',
    'a@example.123',
    'a@127.0.0.1',
    'a@127.1',
    'a@0x7f.0.0.1',
    'a@[127.0.0.1]',
    'a@[::1]',
    'a@１２７.0.0.1',
    'a@%65xample.com',
    'a@example%2ecom',
    'a@example.com%00',
    'a@exam％70le.com',
    'a@example.com/x',
    'a@example.com?x',
    'a@example.com#x',
    'a@example.com:25',
    'a@user:x@example.com',
    'a@example.com\\x',
    'a@xn--a.example',
    'a@xn--\u00fc.example',
    'a@xn--.example',
    'a@xn--a-.example', // no letter beyond ASCII in it
    'a@xn--a-ecp.example', // a and U+2488, which would bring a full stop
    'a@xn--u-ccb.example', // u and U+0308, which are one letter
    'a@xn--xn--a.example',
    'a@xn--zzzzzzzz.example', // beyond the last code point
    'a@\ua7ce.example', // a letter that Unicode 17 has added
    'a@a\u05d0.example', // from left to right, and from right to left
    'a@xn--a-0hc.example',
    `a@${'x'.repeat(64)}.example`,
    'a@\ud800.example',
    'a@exa\u0000mple.com',
    'a@℀.example',
    'a@a／b.example',
  ])('takes no domain like that of %j', (text) => expect(normaliseEmail(text)).toBeUndefined());

  it.each([
    '\u212a@example.com',
    '\u017f@example.com',
    'ı@example.com',
    'İ@example.com',
    'é@example.com',
    'e\u0301@example.com',
    'а@example.com',
    'ａ@example.com',
    'a\u200b@example.com',
    'a\u00ad@example.com',
    '\ufeffa@example.com',
    '\u00a0a@example.com',
    'a\u0000@example.com',
    'a\n@example.com',
    'a\r\nBcc: b@example.com',
    '\ud83d@example.com',
    '🎈@example.com',
  ])('takes no local part beyond ASCII, whatever it folds to: %j', (text) =>
    expect(normaliseEmail(text)).toBeUndefined(),
  );

  it('takes 64 bytes in front of the @ and 254 in all, and no more', () => {
    const domain = `${`${'d'.repeat(61)}.`.repeat(3)}com`; // 189
    expect(normaliseEmail(`${'l'.repeat(64)}@${domain}`)).toHaveLength(254);
    expect(normaliseEmail(`${'l'.repeat(65)}@example.com`)).toBeUndefined();
    expect(normaliseEmail(`${'l'.repeat(64)}@d${domain}`)).toBeUndefined();
  });

  it('measures the domain in ASCII', () => {
    const label = 'ü'.repeat(40); // 40 letters, 46 in ASCII
    expect(normaliseEmail(`${'l'.repeat(60)}@${label}.${label}.${label}.example`)).toHaveLength(
      60 + 1 + 3 * 47 + 7,
    );
    expect(normaliseEmail(`${'l'.repeat(64)}@${label}.${label}.${label}.${label}.example`)).toBeUndefined();
  });

  it('does not look into a text that is far too long', () => {
    expect(normaliseEmail(`${' '.repeat(490)}a@example.com`)).toBe('a@example.com');
    expect(normaliseEmail(`${' '.repeat(500)}a@example.com`)).toBeUndefined();
    expect(normaliseEmail(`a@${'\u00ad'.repeat(500)}example.com`)).toBeUndefined();
  });
});

describe('requireEmail', () => {
  it('is the normalised form, or a fault of the program', () => {
    expect(requireEmail('Ada@Example.com')).toBe('ada@example.com');
    expect(() => requireEmail('ada')).toThrow('without having been checked');
  });
});
