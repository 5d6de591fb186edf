import type { EntityManager } from 'typeorm';
import { Journal } from '../../test/support/unit/journal';
import type { FederationConfig } from '../config/federation.config';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { DatabaseStarter } from '../database/database-starter';
import { SubjectClaimsService } from './subject-claims.service';

const issuer = (name: string, subjectClaim: string) =>
  ({ issuer: `https://${name}.example`, subjectClaim }) as OidcIssuer;

/** Starts with these issuers on a database that holds these claims. */
async function start(issuers: OidcIssuer[], stored: Record<string, (string | null)[]>): Promise<Journal> {
  const journal = new Journal({
    query: ((_text: string, [name]: [string]) => {
      const [first = null, last = first] = stored[name] ?? [];
      return Promise.resolve([{ first, last }]);
    }) as EntityManager['query'],
  });
  const checks: ((manager: EntityManager) => Promise<void>)[] = [];
  const service = new SubjectClaimsService(
    { issuers } as Partial<FederationConfig> as FederationConfig,
    journal.fake<DatabaseStarter>('starter', { beforeReady: (check) => void checks.push(check) }),
  );
  service.onModuleInit();
  for (const check of checks) await check(journal.manager);
  return journal;
}

describe('SubjectClaimsService', () => {
  const [OKTA, ENTRA] = [issuer('okta', 'uid'), issuer('entra', 'oid')];

  it('lets a start pass with users stored by the configured claims, or with none', async () => {
    await expect(start([OKTA, ENTRA], { [OKTA.issuer]: ['uid'] })).resolves.toBeDefined();
  });

  it('R30 stops a start that would make each user of a provider a second one, and names claim and issuer', async () => {
    await expect(start([OKTA], { [OKTA.issuer]: ['sub'] })).rejects.toThrow(
      /subject_claim of the issuer https:\/\/okta\.example is "uid".*stored by "sub"/,
    );
  });

  it.each([
    ['the first', ['sub', 'uid']],
    ['the last', ['uid', 'zid']],
  ])('finds one other claim among many users: %s', async (_which, stored) => {
    await expect(start([OKTA], { [OKTA.issuer]: stored })).rejects.toThrow('subject_claim');
  });

  it('names all issuers with the fault at once', async () => {
    const stored = { [OKTA.issuer]: ['sub'], [ENTRA.issuer]: ['sub'] };
    await expect(start([OKTA, ENTRA], stored)).rejects.toThrow(/okta[\s\S]*entra/);
  });

  it('asks the database nothing without a provider', async () => {
    expect((await start([], {})).acts).toEqual([]);
  });
});
