import { Journal } from '../../test/support/unit/journal';
import { aDueMail } from '../../test/support/unit/mails';
import type { MailConfig } from '../config/mail.config';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { MailComposer } from './mail-composer.service';
import { CODES_IN_MAILS, type MailKind } from './mail-kind';
import { MailTemplates } from './mail-templates';
import { MailFault } from './mail-transport';
import type { DueMail } from './mails.repository';

const CODE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SEALED = { codeSeed: Buffer.from('seed'), codeHash: Buffer.from('hash') };
const TEMPLATES = MailTemplates.load(undefined);

function compose(mail: Partial<DueMail>, code: string | undefined = CODE) {
  const journal = new Journal();
  const composer = new MailComposer(
    journal.fake<VerificationCodes>('codes', { recover: () => (code === '' ? undefined : code) }),
    TEMPLATES,
    { accountUrl: 'https://accounts.example/account' } as MailConfig,
  );
  return composer.compose(aDueMail({ ...SEALED, ...mail }));
}

/** The fault of a mail that cannot be made. */
function faultOf(mail: Partial<DueMail>, code?: string): unknown {
  try {
    return compose(mail, code);
  } catch (error) {
    return error;
  }
}

describe('MailComposer', () => {
  it.each(Object.entries(CODES_IN_MAILS) as [MailKind, { page: string }][])(
    'R89 R94 writes the code of %s as a link of the settings, behind #, and to be typed',
    (kind, { page }) => {
      const { text, html, to, id } = compose({ kind });
      expect(text).toContain(`https://accounts.example/account/${page}#code=${CODE}`);
      expect(text).toContain('ABCDEF-GHIJK-LMNOP-QRSTU-VWXYZ');
      expect(html).toContain(`#code=${CODE}`);
      expect({ to, id }).toEqual({ to: 'ada@example.com', id: 'm' });
    },
  );

  it('R95 has the same id at each attempt', () => {
    expect(compose({ attempts: 5 }).id).toBe(compose({ attempts: 1 }).id);
  });

  it.each<[string, Partial<DueMail>, string | undefined]>([
    ['whose code no key of this process makes', {}, ''],
    ['that has lost its seed', { codeSeed: null }, CODE],
    ['that has lost its hash', { codeHash: null }, CODE],
  ])('gives a mail up %s: no attempt will do better, and the server is not at fault', (_what, mail, code) => {
    const fault = faultOf(mail, code);
    expect(fault).toBeInstanceOf(MailFault);
    expect(fault).toMatchObject({ isFinal: true, isOfServer: false });
  });

  it('R93 makes a notice without a code: nothing in it acts', () => {
    const { text } = compose({ kind: 'password-changed', codeSeed: null, codeHash: null });
    expect(text).not.toContain('#code=');
  });

  it('R94 writes what people wrote as text: no link, no markup', () => {
    const { text, html } = compose({ name: '<a href="https://evil.example">Ada</a>' });
    expect(text).not.toContain('https://evil.example');
    expect(html).not.toContain('<a href="https://evil');
  });

  it('writes to a user whose name is gone', () => {
    expect(compose({ kind: 'account-deleted', name: null }).text).not.toMatch(/null|undefined/);
  });
});
