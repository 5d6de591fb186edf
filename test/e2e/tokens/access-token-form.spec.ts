import { register, type Account } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectAccepted, expectRefused, expectRefusedByValidate } from '../../support/tokens/token-outcome';
import { expectProblem } from '../../support/http/problem';
import { encode, forge, GOOD_HEADER, goodClaims, signHs256 } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

type Make = (account: Account) => string;

describe('form of access tokens', () => {
  let account: Account;
  const service = useService();

  beforeAll(async () => {
    account = await register(service);
  });

  it('J7: reads the last of two members of one name, or refuses', async () => {
    const claims = JSON.stringify(goodClaims(account)).slice(1);
    const header = '{"alg":"none","alg":"HS256","typ":"at+jwt"}';
    await expectAccepted(service, signHs256(header, `{"sub":"victim@example.com",${claims}`), account);
    await expectRefused(service, signHs256('{"alg":"HS256","typ":"at+jwt","alg":"none"}', `{${claims}`));
    await expectRefused(
      service,
      signHs256(GOOD_HEADER, `{${claims.slice(0, -1)},"sub":"victim@example.com"}`),
    );
  });

  it.each<[string, unknown]>([
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a number', '5'],
    ['nothing', ''],
    ['no JSON', '{'],
    ['two objects', '{}{}'],
    ['an empty object', '{}'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['deep lists', `{"a":${'['.repeat(2800)}${']'.repeat(2800)}}`],
  ])('J16, R7: refuses %s for a payload and for a header', async (_case, part) => {
    await expectRefused(service, signHs256(GOOD_HEADER, part));
    await expectRefused(service, signHs256(part, goodClaims(account)));
  });

  it('J16, R7: refuses a byte order mark and invalid UTF-8 inside the claims', async () => {
    const text = JSON.stringify(goodClaims(account));
    await expectRefused(service, signHs256(GOOD_HEADER, `\ufeff${text}`));
    await expectRefused(service, signHs256(`\ufeff${JSON.stringify(GOOD_HEADER)}`, text));
    const bytes = Buffer.from(text.replace('{', '{"x":"?",'));
    bytes[bytes.indexOf('?')] = 0xff;
    await expectRefused(service, signHs256(GOOD_HEADER, bytes));
  });

  it('J13: refuses a token cut at any tenth letter and at each dot', async () => {
    const token = forge(account);
    const cuts = [...Array(Math.ceil(token.length / 10)).keys()].slice(1).map((tenth) => tenth * 10);
    for (const end of [
      ...cuts,
      token.indexOf('.'),
      token.indexOf('.') + 1,
      token.lastIndexOf('.'),
      token.length - 1,
    ]) {
      await expectRefused(service, token.slice(0, end));
    }
  });

  it.each<[string, Make]>([
    ['one dot', () => '.'],
    ['two dots', () => '..'],
    ['three dots', () => '...'],
    ['a.b.c', () => 'a.b.c'],
    ['a JWE', () => `${encode({ alg: 'dir', enc: 'A256GCM' })}..aaaa.bbbb.cccc`],
    ['a fourth part', (who) => `${forge(who)}.x`],
    ['an empty fourth part', (who) => `${forge(who)}.`],
    ['a dot in front', (who) => `.${forge(who)}`],
    ['base64 with padding', (who) => `${forge(who)}=`],
    ['base64 of the other alphabet', (who) => anotherAlphabet(who)],
    ['R19: stray bits at the end', (who) => withStrayBits(forge(who))],
    ['100,000 dots, cut to what a header holds', () => '.'.repeat(12_000)],
    ['R15: 12289 letters', (who) => padded(who, 12_289)],
  ])('J13, J14, R7: refuses %s', (_case, make) => expectRefused(service, make(account)));

  it.each<[string, Make]>([
    ['nothing', () => ''],
    ['a line break behind', (who) => `${forge(who)}\n`],
    ['a space in front', (who) => ` ${forge(who)}`],
    ['a space behind', (who) => `${forge(who)} `],
    ['Bearer in the field', (who) => `Bearer ${forge(who)}`],
    ['U+0000 behind', (who) => `${forge(who)}\0`],
    ['the JSON serialization', (who) => jsonSerialization(forge(who))],
    ['letters that are no ASCII', () => 'é.é.é'],
    ['100,000 letters that fit a body', () => '[.'.repeat(7000)],
    ['R15: 12289 letters', (who) => padded(who, 12_289)],
    ['a good token and 1 MB more', (who) => forge(who).padEnd(1024 * 1024, 'A')],
  ])('J13: validate refuses %s', (_case, make) => expectRefusedByValidate(service, make(account)));

  it('R15: takes a token of 12288 letters', () => expectAccepted(service, padded(account, 12_288), account));

  it('J14: answers a token of 10 MB with 413', async () => {
    const body = { token: 'a'.repeat(10_000_000) };
    expectProblem(await send(service, 'POST', '/auth/validate', { body }), 'body-too-large');
  });
});

/** The same signature in the alphabet of plain base64: made anew until the two alphabets differ. */
function anotherAlphabet(account: Account): string {
  for (;;) {
    const token = forge(account);
    const other = token.replaceAll('-', '+').replaceAll('_', '/');
    if (other !== token) return other;
  }
}

/** Another spelling of the same bytes: 32 bytes leave two bits of the last letter unused. */
function withStrayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  return token.slice(0, -1) + alphabet[last + 1];
}

/** A good token of exactly so many letters. */
function padded(account: Account, length: number): string {
  const claims = goodClaims(account);
  for (let size = Math.floor(((length - 200) * 3) / 4) - 300; ; size++) {
    const token = signHs256(GOOD_HEADER, { ...claims, pad: 'x'.repeat(size) });
    if (token.length === length) return token;
    // Two lengths in four cannot be had by the payload alone: the header gives the rest.
    const wider = signHs256({ ...GOOD_HEADER, x: 1 }, { ...claims, pad: 'x'.repeat(size) });
    if (wider.length === length) return wider;
    if (token.length > length) throw new Error('no such length');
  }
}

function jsonSerialization(token: string): string {
  const [header, payload, signature] = token.split('.');
  return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
}
