import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from './api-types';
import { expectDocumented } from './openapi';

/**
 * A client with the types of the committed document. Every answer that it gets is held against the document, so that
 * types and truth cannot part.
 */
export function createApiClient(service: { readonly url: string }, token?: string) {
  const client = createClient<paths>({
    baseUrl: service.url,
    ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
  });
  client.use(documented);
  return client;
}

const documented: Middleware = {
  async onResponse({ request, response, schemaPath }) {
    const body: unknown = await response.clone().json();
    expectDocumented(request.method, schemaPath, {
      status: response.status,
      headers: response.headers,
      body,
    });
  },
};
