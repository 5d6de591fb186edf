import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { builtDocument } from '../support/process/built-app';
import { documentedBodies, faultsOf, operations, SNAPSHOT } from '../support/http/openapi';

const ROOT = resolve(__dirname, '../..');
const bodies = documentedBodies();

describe('the OpenAPI document', () => {
  it('is, as built, the one that is committed ("npm run openapi:write" makes it so)', () => {
    expect(JSON.parse(builtDocument())).toEqual(JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  });

  it('is what the committed types of the client are made of', () => {
    const cli = resolve(ROOT, 'node_modules/openapi-typescript/bin/cli.js');
    const types = resolve(ROOT, 'test/support/http/api-types.ts');
    execFileSync(process.execPath, [cli, SNAPSHOT, '-o', types, '--check'], { cwd: ROOT, stdio: 'pipe' });
  });

  it.each(bodies)('has an example of $name that fits its schema', (body) => {
    const examples = body.examples
      ? Object.values(body.examples).map(({ value }) => value)
      : [body.example].filter((example) => example !== undefined);
    expect(examples).not.toEqual([]);
    expect(examples.map((example) => faultsOf(example, body.schemaPointer))).toEqual(
      examples.map(() => undefined),
    );
  });

  it('describes every error as a problem document', () => {
    // RFC 6749 section 5.2 has a form of its own.
    const errors = bodies.filter(
      ({ name }) => / [45]\d\d /.test(name) && !/\/health|\/oauth\/\w+ 4/.test(name),
    );
    expect(errors.filter(({ name }) => !name.endsWith(' application/problem+json'))).toEqual([]);
  });

  it('asks for a bearer token, for one or none at sign-out, for a client, for one or none at validation, or for nothing', () => {
    // Which permissions is held by the inventory of routes.
    const ways = new Set(
      operations().map(({ operation }) =>
        JSON.stringify(operation.security).replaceAll(/\["[a-z]+:[a-z]+"\]/g, '["a permission"]'),
      ),
    );
    const expected = [
      [{ accessToken: [] }],
      [{ accessToken: ['a permission'] }],
      [{ accessToken: [] }, {}],
      [{ clientBasic: [] }, { serviceKey: [] }],
      [{ clientBasic: ['a permission'] }, { serviceKey: ['a permission'] }],
      [{ clientBasic: [] }, { serviceKey: [] }, {}],
      // Where the setting asks for it.
      [{}, { clientBasic: ['a permission'] }, { serviceKey: ['a permission'] }],
      [],
    ];
    expect([...ways].sort()).toEqual(expected.map((way) => JSON.stringify(way)).sort());
  });
});
