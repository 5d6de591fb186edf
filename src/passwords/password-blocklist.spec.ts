import { PasswordBlocklist } from './password-blocklist';

const OWNER = { email: 'ada.lovelace@analytical.example', name: 'Ada Lovelace' };

describe('PasswordBlocklist (R37, P8)', () => {
  const blocklist = new PasswordBlocklist();

  it.each(['password', 'PASSWORD', 'qwertyuiop', '1234567890', 'iloveyou1', 'letmein1'])(
    'has %s, which attackers try first',
    (password) => expect(blocklist.has(password, OWNER)).toBe(true),
  );

  it.each([
    'promptstack',
    'PromptStack2026',
    'promptstack-auth',
    'Prompt Stack 1!',
    'promptstack!!!',
    'promptstack_123456',
  ])('has %s, made of the name of the service', (password) =>
    expect(blocklist.has(password, OWNER)).toBe(true),
  );

  it.each([
    'ada.lovelace@analytical.example',
    'Ada.Lovelace@Analytical.Example',
    'ada.lovelace@analytical.example1!',
    'ada.lovelace',
    'ADA.LOVELACE1815',
    'analytical.example',
    'ada lovelace',
    'Ada Lovelace 2026',
    ' ada.lovelace@analytical.example ',
  ])('has %j, made of the person', (password) => expect(blocklist.has(password, OWNER)).toBe(true));

  it.each([
    'correct horse battery',
    'my password is safe',
    'password password password',
    'promptstack is what I use',
    'ada.lovelace wrote the first program',
    'xpromptstack',
    'promptstack12345678',
    'analytical engine',
    'x9!kQ2@v',
  ])('has not %j: the whole password is compared', (password) =>
    expect(blocklist.has(password, OWNER)).toBe(false),
  );

  it('compares a domain in either spelling, and a name however it is composed', () => {
    const owner = { email: 'zoe@xn--bcher-kva.example', name: 'Zoe\u0308 Quinn' };
    expect(blocklist.has('zoe@bücher.example', owner)).toBe(true);
    expect(blocklist.has('zoë quinn', owner)).toBe(true);
  });

  it('does not take names of one or two letters for passwords', () => {
    const owner = { email: 'x@io.example', name: 'Li' };
    expect(blocklist.has('li123456', owner)).toBe(false);
    expect(blocklist.has('x1234567', owner)).toBe(false);
  });
});
