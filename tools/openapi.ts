import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { commandErrorText } from '../src/common/system-error';
import { RouteTable } from '../src/http/route-table';
import { loadConfiguration } from '../src/config/configuration';
import { createApp } from '../src/bootstrap/create-app';
import { openApiDocument } from '../src/bootstrap/openapi';

type App = Awaited<ReturnType<typeof createApp>>['app'];

const USAGE = `usage: openapi.js document [FILE]   writes the OpenAPI document to a file or to stdout
       openapi.js check FILE        compares a file with the document
       openapi.js routes            writes the routes of the router to stdout
`;

/** Says what the application is, without listening and without a database. Answers the exit status. */
async function main([command, file]: readonly string[]): Promise<number> {
  const { app } = await createApp(configuration());
  try {
    if (command === 'document') return write(documentOf(app), file);
    if (command === 'routes') return write(await routesOf(app), file);
    if (command === 'check' && file !== undefined) return check(documentOf(app), file);
    process.stderr.write(USAGE);
    return 2;
  } finally {
    await app.close();
  }
}

/** Nothing of the environment: the output depends on the code alone. */
function configuration() {
  return loadConfiguration({
    NODE_ENV: 'test',
    AUTH_JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
    AUTH_LOG_LEVEL: 'silent',
    AUTH_DOCS: 'true',
    AUTH_PUBLIC_URL: 'http://auth-service:8001', // as in the examples of the README
  });
}

function documentOf(app: App): string {
  return json(openApiDocument(app));
}

async function routesOf(app: App): Promise<string> {
  await app.init(); // fills the router; without an address, nothing connects to a database
  return json(app.get(RouteTable).all());
}

function write(text: string, file: string | undefined): number {
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
  return 0;
}

function check(text: string, file: string): number {
  if (readFileSync(file, 'utf8') === text) return 0;
  process.stderr.write(`${file} is not the document of this code; "npm run openapi:write" makes it so\n`);
  return 1;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`${commandErrorText(error)}\n`);
    process.exitCode = 1;
  },
);
