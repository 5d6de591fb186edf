import type { Configuration } from '../config/configuration';

/** The first steps, printed once the service is ready. */
export function startupBanner(
  port: number,
  { development, http }: Configuration,
  dataDirectory: string | undefined,
): string {
  const base = `http://localhost:${port}`;
  return `
  PromptStack Auth Service is ready at ${base}
${http.docsEnabled ? `  API docs    ${base}/docs  (OpenAPI: ${base}/openapi.json)\n` : ''}  Health      ${base}/health
  Data        ${dataDirectory === undefined ? 'the database of DATABASE_URL' : `embedded PostgreSQL in ${dataDirectory}`}

  Register a user:
    curl -s ${base}/auth/register -H 'Content-Type: application/json' \\
      -d '{"email":"ada@example.com","password":"correct horse battery","name":"Ada Lovelace"}'
${development.devHeaders ? `\n  Or act as a user at once:\n    curl -s ${base}/auth/me -H 'X-User-Email: dev@example.com'\n` : ''}
  Stop with Ctrl-C.

`;
}
