import { flushedLogs } from '../../support/process/flushed-logs';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { useService } from '../../support/process/use-service';

const PLAIN = 'https://plain.example';
const FIRST = 'https://first.example';
const TEXTS = 'https://texts.example';
const KEYS = 'https://keys.example';
const ROLES = 'urn:zitadel:iam:org:project:roles';

/** Claims of other forms than OpenID Connect gives them: read where the issuer's entry says so, told in the log elsewhere. */
describe('the form of claims', () => {
  const stub = ProviderStub.use();
  const service = useService({
    env: () => {
      const entries = [
        { issuer: PLAIN, groups_claim: 'realm.groups', domains_claim: 'areas' },
        { issuer: FIRST, email_claim: 'emails.0', name_claim: 'names.1.full' },
        { issuer: TEXTS, email_verified_text: true },
        {
          issuer: KEYS,
          groups_claim: ROLES,
          groups_form: 'keys',
          group_mapping: { designer: 'design', engineer: 'eng' },
          domains_claim: 'areas',
          domains_form: 'keys',
        },
      ].map((entry) => ({ audience: 'app', jwks_url: stub.jwksUrl, ...entry }));
      return { AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(entries) };
    },
  });

  const token = (iss: string, claims: Record<string, unknown> = {}) => stub.mint({ iss, ...claims });
  const teamsOf = ({ teams }: Person) => teams.map(({ name }) => name);
  const domainsOf = ({ domains }: Person) => domains.map(({ key }) => key);
  const told = async (facts: Record<string, unknown>) =>
    (await flushedLogs(service)).filter(
      (line) =>
        line.msg === 'claim of an unexpected form' &&
        Object.entries(facts).every(([name, value]) => line[name] === value),
    );

  describe('an address in a list (Azure AD B2C)', () => {
    it('is read where the claim names its place', async () => {
      const claims = { ...person(), email: undefined, name: undefined };
      const emails = ['First@example.com', 'second@example.com'];
      const names = [{}, { full: 'Mary Jackson' }];
      expect(await expectAccepted(service, token(FIRST, { ...claims, emails, names }))).toMatchObject({
        email: 'first@example.com',
        name: 'Mary Jackson',
      });
    });

    it('R28 is needed as much as any other, and the standard claim does not stand in', async () => {
      for (const emails of [[], [''], [['a@example.com']], [null], undefined, null]) {
        await expectRefused(service, token(FIRST, { emails }), 'email-not-verified');
      }
      const unverified = { emails: ['a@example.com'], email_verified: undefined };
      await expectRefused(service, token(FIRST, unverified), 'email-not-verified');
    });

    it('that is no list is told by name and form, not by value', async () => {
      await expectRefused(service, token(FIRST, { emails: 'private@example.com' }), 'email-not-verified');
      expect(await told({ issuer: FIRST, claim: 'emails', form: 'text' })).toHaveLength(1);
      expect(service.output()).not.toContain('private@example.com');
    });

    it('is nothing by default, and told', async () => {
      const { email, ...rest } = person();
      await expectRefused(service, token(PLAIN, { ...rest, email: [email] }), 'email-not-verified');
      expect(await told({ issuer: PLAIN, claim: 'email', form: 'list of text' })).toHaveLength(1);
    });
  });

  describe('email_verified as the text "true" (Apple)', () => {
    it('counts where the entry says so, beside the boolean', async () => {
      await expectAccepted(service, token(TEXTS, { email_verified: 'true' }));
      await expectAccepted(service, token(TEXTS, { email_verified: true }));
    });

    it.each(['false', 'TRUE', 'True', ' true', '1', 'yes', '', 1, ['true'], { true: true }, null, false])(
      'R28 %j proves nothing even there',
      (email_verified) => expectRefused(service, token(TEXTS, { email_verified }), 'email-not-verified'),
    );

    it('proves nothing by default, and is told', async () => {
      await expectRefused(service, token(PLAIN, { email_verified: 'true' }), 'email-not-verified');
      expect(await told({ issuer: PLAIN, claim: 'email_verified', form: 'text' })).toHaveLength(1);
    });
  });

  describe('groups as the keys of an object (Zitadel)', () => {
    it('are teams and domains, by the mapping, and go when they are listed no more', async () => {
      const claims = person();
      const granted = { '201982826478953724': 'zitadel.example' };
      const roles = { designer: granted, engineer: granted, design: granted, admin: {} };
      const given = await expectAccepted(
        service,
        token(KEYS, { ...claims, [ROLES]: roles, areas: { sales: 1 } }),
      );
      expect(teamsOf(given)).toEqual(['Design', 'Engineering', 'General']);
      expect(domainsOf(given)).toEqual(['engineering', 'sales']);
      const fewer = await expectAccepted(
        service,
        token(KEYS, { ...claims, [ROLES]: { engineer: granted }, areas: {} }),
      );
      expect(teamsOf(fewer)).toEqual(['Engineering', 'General']);
      expect(domainsOf(fewer)).toEqual(['engineering']);
      expect(teamsOf(await expectAccepted(service, token(KEYS, claims)))).toEqual(['General']);
    });
  });

  it.each([
    [KEYS, ROLES, ['designer'], 'list of text'],
    [KEYS, ROLES, 'designer', 'text'],
    [KEYS, ROLES, null, 'null'],
    [KEYS, 'areas', 5, 'number'],
    [PLAIN, 'realm.groups', { eng: {} }, 'object'],
    [PLAIN, 'realm.groups', [{ name: 'eng' }, 'eng'], 'list of object and text'],
    [PLAIN, 'realm.groups', null, 'null'],
    [PLAIN, 'realm.groups', true, 'boolean'],
    [PLAIN, 'areas', [['sales']], 'list of list'],
  ])('%s: %s as %j is not "no groups": memberships stay, and it is told', async (iss, claim, value, form) => {
    const claims = person();
    const before =
      iss === KEYS
        ? { [ROLES]: { designer: {} }, areas: { sales: {} } }
        : { realm: { groups: ['design'] }, areas: ['sales'] };
    const user = await expectAccepted(service, token(iss, { ...claims, ...before }));
    expect([teamsOf(user), domainsOf(user)]).toEqual([
      ['Design', 'General'],
      ['engineering', 'sales'],
    ]);
    const changed = claim === 'realm.groups' ? { realm: { groups: value } } : { [claim]: value };
    expect(await expectAccepted(service, token(iss, { ...claims, ...before, ...changed }))).toEqual(user);
    expect(await told({ issuer: iss, claim, form, level: 'warn' })).toHaveLength(1);
  });

  it('a path that ends at something without members is not "no groups" either', async () => {
    const claims = person();
    const user = await expectAccepted(service, token(PLAIN, { ...claims, realm: { groups: ['design'] } }));
    for (const realm of ['text', ['groups'], null, 5]) {
      expect(await expectAccepted(service, token(PLAIN, { ...claims, realm }))).toEqual(user);
    }
    expect(await told({ issuer: PLAIN, claim: 'realm', form: 'list of text' })).toHaveLength(1);
    expect(teamsOf(await expectAccepted(service, token(PLAIN, { ...claims, realm: {} })))).toEqual([
      'General',
    ]);
  });

  it('is told once a minute, however many tokens have it', async () => {
    for (let n = 0; n < 5; n++) await expectAccepted(service, token(PLAIN, { picture: { url: 'x' } }));
    expect(await told({ claim: 'picture' })).toEqual([
      expect.objectContaining({ issuer: PLAIN, form: 'object', expected: 'text', level: 'warn' }),
    ]);
  });
});
