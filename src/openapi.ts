import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Response } from 'express';
import { DocumentBuilder, SwaggerModule, type LicenseObject, type OpenAPIObject } from '@nestjs/swagger';
import { completeDocument } from './common/openapi/complete-document';
import { providerSchemes, SECURITY_SCHEMES } from './common/openapi/security-schemes';
import { VERSION } from './common/version';
import { AuthConfig, providerIssuers } from './config/auth.config';
import { HttpConfig } from './config/http.config';

const DESCRIPTION = `Users, teams, business domains and who belongs where, for the services of PromptStack.

Names are in snake_case, times are ISO 8601 in UTC, ids are UUIDs, and nulls are written out. Fields may be added to any
answer; clients pass over those that they do not know.

Errors are problem documents (RFC 9457) with a stable \`code\`; \`detail\` is always one readable sentence. Besides what
stands at each operation, any address may answer 400 \`malformed-request\` to what is not HTTP, 404 \`not-found\`, and 405
\`method-not-allowed\` with \`Allow\`.`;

/** Serves the OpenAPI document at /openapi.json and a page to try it at /docs, to which the root leads. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'PromptStack Auth Service',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true },
  });
  const prefix = new URL(app.get(HttpConfig).publicUrl).pathname.replace(/\/$/, '');
  (app.getHttpAdapter() as AbstractHttpAdapter<unknown, unknown, Response>).get(
    '/',
    (_request: unknown, response: Response) => response.redirect(`${prefix}/docs`),
  );
}

/** The OpenAPI document of the routes as they are; an operation is named after the method that handles it. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('PromptStack Auth Service')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .addServer('/', 'This service')
    .addTag('Authentication', 'Registration, sign-in and the judgement of tokens')
    .addTag('Sessions', 'Refresh, sign-out, and the list of one’s sessions')
    .addTag('Identity', 'Who the caller is')
    .addTag('Teams', 'Teams and memberships')
    .addTag('Domains', 'Business domains and assignments')
    .addTag('Keys', 'How others verify our tokens')
    .addTag('Health', 'Probes');
  const providers = providerSchemes(providerIssuers(app.get(AuthConfig)));
  for (const { name, scheme } of [...SECURITY_SCHEMES, ...providers]) builder.addSecurity(name, scheme);
  const config = builder.build();
  // The builder knows neither the licence field of OpenAPI 3.1 nor a document without a contact.
  config.info.license = { name: 'Internal use only', identifier: 'LicenseRef-Internal' } as LicenseObject;
  delete config.info.contact;
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  letProvidersIn(
    document,
    providers.map(({ name }) => name),
  );
  return completeDocument(document);
}

/** Where a token of ours is good, one of a provider is. Which providers there are is not known to the decorators. */
function letProvidersIn({ paths }: OpenAPIObject, providers: readonly string[]): void {
  const operations = Object.values(paths).flatMap((path) => Object.values(path) as Operation[]);
  for (const { security } of operations) {
    const takesTokens = security?.some((requirement) => 'accessToken' in requirement);
    if (takesTokens) security?.push(...providers.map((name) => ({ [name]: [] })));
  }
}

/** The part of an operation that says who may call it. */
interface Operation {
  readonly security?: Record<string, string[]>[];
}
