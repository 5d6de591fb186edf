import addFormats from 'ajv-formats';
import Ajv from 'ajv';
import { storedWebAddress, webAddress } from './web-address';

const isUri = addFormats(new Ajv()).compile({ type: 'string', format: 'uri' });

describe('webAddress', () => {
  it.each([
    ['https://example.com/ada.png', 'https://example.com/ada.png'],
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://Example.COM:443/Ada.PNG', 'https://example.com/Ada.PNG'],
    ['http://localhost:3000/a?size=64&v=1#top', 'http://localhost:3000/a?size=64&v=1#top'],
    ['https://[2001:DB8::1]:8443/a', 'https://[2001:db8::1]:8443/a'],
    ['https://192.0.2.1/a', 'https://192.0.2.1/a'],
    ['https://пример.example/а.png', 'https://xn--e1afmkfd.example/%D0%B0.png'],
    ['https://\u1c89.example:8443/a', 'https://xn--d4f.example:8443/a'],
    ['https://１.２.3.4/a', 'https://1.2.3.4/a'],
    ['https://example.com/é?é#é', 'https://example.com/%C3%A9?%C3%A9#%C3%A9'],
    ['https://example.com/👑.png', 'https://example.com/%F0%9F%91%91.png'],
    ['https://example.com/%C3%A9%2f', 'https://example.com/%C3%A9%2f'],
    ['https://example.com/100%.png', 'https://example.com/100%25.png'],
    ['https://example.com/%zz?%#%a', 'https://example.com/%25zz?%25#%25a'],
    ['https://example.com/a|b^c`{d}[e]', 'https://example.com/a%7Cb%5Ec%60%7Bd%7D%5Be%5D'],
    ['https://example.com/?a[]=1&b={x}|^`', 'https://example.com/?a%5B%5D=1&b=%7Bx%7D%7C%5E%60'],
    ["https://example.com/it's?it's#it's", "https://example.com/it's?it%27s#it's"],
    ['https://example.com/#a#b[c]', 'https://example.com/#a%23b%5Bc%5D'],
    ['https://example.com/a/../b', 'https://example.com/b'],
    ['https://example.com/@ada:x@y', 'https://example.com/@ada:x@y'],
    ['https://example.com?@', 'https://example.com/?@'],
    ['https://my_bucket.s3.example.com./a', 'https://my_bucket.s3.example.com./a'],
  ])('gives %s as %s', (given, encoded) => {
    expect(webAddress(given)).toBe(encoded);
    expect(webAddress(encoded)).toBe(encoded);
    expect(storedWebAddress(encoded)).toBe(encoded);
    expect(isUri(encoded)).toBe(true);
    expect(new URL(encoded.replaceAll('xn--d4f', 'xn--e1afmkfd')).href).toBe(
      encoded.replaceAll('xn--d4f', 'xn--e1afmkfd'),
    );
  });

  it.each([
    '',
    'ada.png',
    '//example.com/a',
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'https:\\\\example.com',
    'https://example.com\\a',
    'https://good.example\\@evil.example/',
    'ftp://example.com/a',
    'javascript:alert(1)',
    'data:image/png;base64,AAAA',
    ' https://example.com/',
    'https://example.com/ ',
    'https://exa\tmple.com/',
    'https://example.com/a\u0085b',
    'https://example.com/<a>',
    'https://ada@example.com/',
    'https://ada:secret@example.com/',
    'https://:@example.com/',
    'https://@example.com/',
    'https://',
    'https://?a',
    'https://a..b/',
    'https://-a.example/',
    'https://a-.example/',
    `https://${'a'.repeat(64)}.example/`,
    `https://${'a.'.repeat(130)}example/`,
    'https://a{b}.example/',
    "https://a'b.example/",
    'https://a!b.example/',
    'https://exa%00mple.com/',
    'https://example.com:99999/',
    'https://[::1/',
    'https://1.2.3.4.5/',
    'https://xn--a.example/',
    'https://xn--bcher-kva.4/',
    'https://\ua7ce.example/',
    'https://a\u05d0.example/',
    'https://example.com/\ud800',
    `https://example.com/${'x'.repeat(2029)}`,
    `https://example.com/${'é'.repeat(340)}`,
  ])('refuses %j', (given) => {
    expect(webAddress(given)).toBeUndefined();
    expect(storedWebAddress(given)).toBeNull();
  });

  it('takes 2048 characters in percent-encoding', () => {
    const full = `https://example.com/${'x'.repeat(2028)}`;
    expect(full).toHaveLength(2048);
    expect(webAddress(full)).toBe(full);
  });

  it('gives nothing but what is a URI, whatever it is given', () => {
    const parts = [
      'a',
      'é',
      '%',
      '%4',
      '[',
      ']',
      '|',
      '^',
      '#',
      '?',
      '/',
      ':',
      '@',
      '!',
      "'",
      '{',
      '.',
      '..',
      '-',
      '_',
      '&',
      '\u{1f451}',
    ];
    let state = 1;
    const next = (bound: number) => (state = (state * 48271) % 2147483647) % bound;
    let taken = 0;
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: next(12) + 1 }, () => parts[next(parts.length)]).join('');
      const address = webAddress(`https://${next(2) === 0 ? 'h.example/' : ''}${text}`);
      if (address === undefined) continue;
      taken++;
      if (!isUri(address) || webAddress(address) !== address || storedWebAddress(address) !== address)
        throw new Error(`no URI, or not the same twice: ${address}`);
    }
    expect(taken).toBeGreaterThan(5000);
  });
});
