import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Request, Response } from 'express';
import { DocumentBuilder, SwaggerModule, type LicenseObject, type OpenAPIObject } from '@nestjs/swagger';
import { completeDocument } from '../http/openapi/complete-document';
import {
  ACCESS_TOKEN,
  CLIENT_BASIC,
  DEV_HEADER,
  providerSchemes,
  SERVICE_KEY,
} from '../http/openapi/security-schemes';
import { VERSION } from '../common/version';
import { DevelopmentConfig } from '../config/development.config';
import { FederationConfig } from '../config/federation.config';
import { HttpConfig } from '../config/http.config';

/** The code with which the page loads the document. */
const PAGE_SCRIPT = '/swagger-ui-init.js';

const DESCRIPTION = `Users, teams, business domains, memberships and assignments for the services of PromptStack.

Names are in snake_case, times are ISO 8601 in UTC, ids are UUIDs, and null members are present. Members may be added to any
response; clients must ignore those that they do not know.

Errors are problem documents (RFC 9457) with a stable \`code\`; \`detail\` is always a human-readable sentence. In addition to
the responses of each operation, any path may answer 400 \`malformed-request\` (invalid HTTP), 404 \`not-found\`, and 405
\`method-not-allowed\` with \`Allow\`.`;

/** Serves the OpenAPI document at /openapi.json and an interactive page at /docs, to which / redirects. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'PromptStack Auth Service',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true },
    patchDocumentOnRequest: (request, _response, document) =>
      (request as Request).path.endsWith(PAGE_SCRIPT)
        ? pageDocument(document, app.get(DevelopmentConfig))
        : document,
  });
  const prefix = pathPrefix(app.get(HttpConfig).publicUrl);
  (app.getHttpAdapter() as AbstractHttpAdapter<unknown, unknown, Response>).get(
    '/',
    (_request: unknown, response: Response) => response.redirect(`${prefix}/docs`),
  );
}

/** The OpenAPI document of the registered routes; each operation is named after its handler method. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const { publicUrl } = app.get(HttpConfig);
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('PromptStack Auth Service')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .addServer(publicUrl.replace(/\/$/, ''), 'Public URL of the service')
    .addServer(pathPrefix(publicUrl) || '/', 'The host that served this document')
    .addTag('Authentication', 'Registration, sign-in and token validation')
    .addTag('Sessions', 'Refresh, sign-out and active sessions')
    .addTag('Mail', 'Verification of addresses and recovery of accounts, by codes in messages')
    .addTag('Identity', 'The caller and their profile')
    .addTag('Teams', 'Teams and memberships')
    .addTag('Domains', 'Business domains and assignments')
    .addTag('Services', 'Other services as callers: their accounts, keys and tokens')
    .addTag('Keys', 'Verification of access tokens')
    .addTag('Health', 'Probes');
  const providers = providerSchemes(app.get(FederationConfig).issuers.map(({ issuer }) => issuer));
  for (const { name, scheme } of [ACCESS_TOKEN, CLIENT_BASIC, SERVICE_KEY, ...providers])
    builder.addSecurity(name, scheme);
  const config = builder.build();
  // The builder supports neither the licence field of OpenAPI 3.1 nor a contact without an address.
  config.info.license = { name: 'Internal use only', identifier: 'LicenseRef-Internal' } as LicenseObject;
  config.info.contact = { name: 'PromptStack platform team' };
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  addAlternatives(
    document,
    providers.map(({ name }) => name),
  );
  return completeDocument(document);
}

/**
 * The document for the interactive page: it calls its own host, and offers the development header when that is on. The public
 * document omits the header: generated clients send their token in every header that a document names besides `Authorization`.
 */
function pageDocument(document: OpenAPIObject, { devHeaders }: DevelopmentConfig): OpenAPIObject {
  const page = structuredClone(document);
  page.servers?.reverse();
  if (!devHeaders) return page;
  page.components = {
    ...page.components,
    securitySchemes: { ...page.components?.securitySchemes, [DEV_HEADER.name]: DEV_HEADER.scheme },
  };
  addAlternatives(page, [DEV_HEADER.name], (security) =>
    security.every((way) => Object.keys(way).length > 0),
  );
  return page;
}

/** Adds security schemes to operations that accept our access tokens and match `fits`; decorators do not know the configuration. */
function addAlternatives(
  { paths }: OpenAPIObject,
  names: readonly string[],
  fits: (security: Security) => boolean = () => true,
): void {
  const operations = Object.values(paths).flatMap((path) => Object.values(path) as Operation[]);
  for (const { security } of operations) {
    const takesTokens = security?.some((requirement) => ACCESS_TOKEN.name in requirement);
    if (security && takesTokens && fits(security)) security.push(...names.map((name) => ({ [name]: [] })));
  }
}

/** The path of a URL, without a trailing slash. */
function pathPrefix(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '');
}

type Security = Record<string, string[]>[];

/** The security requirements of an operation. */
interface Operation {
  readonly security?: Security;
}
