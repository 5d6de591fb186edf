import type { ErrorCode } from '../../../src/common/errors/error-catalog';
import { anAdmin, ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectDocumented, operations } from '../../support/http/openapi';
import { CALLERS, MATRIX, type Caller, type World } from '../../support/http/permission-matrix';
import { expectProblem } from '../../support/http/problem';
import { addressOf, newWorld, routeOf } from '../../support/http/worlds';
import { useService } from '../../support/process/use-service';

const CODES: Readonly<Record<number, ErrorCode>> = { 403: 'forbidden', 404: 'not-found' };

describe('the permission matrix (R56)', () => {
  const service = useService();
  const { database } = service;
  let operator: ApiUser;

  beforeAll(async () => {
    operator = await anAdmin(service, database);
  });

  it('has a row for every route of the service, and for no other', () => {
    const rows = Object.keys(MATRIX).map((name) => Object.values(routeOf(name)).join(' '));
    const routes = operations().map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(rows)].sort()).toEqual(routes.sort());
  });

  const worldFor = (caller: Caller) => newWorld(caller, { service, database, operator });

  const lasting = new Map<Caller, Promise<World>>();

  /** What only reads may share its world. */
  function worldOf(caller: Caller, method: string): Promise<World> {
    if (method !== 'GET') return worldFor(caller);
    const world = lasting.get(caller) ?? worldFor(caller);
    lasting.set(caller, world);
    return world;
  }

  async function ask(name: string, caller: Caller): Promise<[Caller, number]> {
    const { method, path } = routeOf(name);
    const world = await worldOf(caller, method);
    const { body, headers, ...sent } = (await MATRIX[name]?.sent(world)) ?? {};
    const credential = caller === 'anonymous' ? {} : bearer(world.self.token);
    const answer = await send(service, method, addressOf(path, world, sent), {
      headers: { ...headers, ...credential },
      ...(body !== undefined && { body }),
    });
    expectDocumented(method, path, answer);
    const code = CODES[answer.status];
    if (code) expectProblem(answer, code);
    return [caller, answer.status];
  }

  it.each(Object.keys(MATRIX))('%s', async (name) => {
    const answers = await Promise.all(CALLERS.map((caller) => ask(name, caller)));
    expect(Object.fromEntries(answers)).toEqual(MATRIX[name]?.expected);
  });
});
