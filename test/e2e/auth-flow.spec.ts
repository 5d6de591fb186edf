import { register } from '../support/accounts';
import { bearer, send } from '../support/http';
import { startService, type Service } from '../support/service';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { forge } from '../support/tokens';

describe('sign-in', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  it('lets a registered person in with the token, and a token that we forge the same way too', async () => {
    const account = await register(service);
    for (const token of [account.token, forge(account)]) {
      const answer = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
      expect(answer.body).toMatchObject({ id: account.id, email: account.email });
    }
  });
});
