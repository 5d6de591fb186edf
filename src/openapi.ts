import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { providerSchemes, SECURITY_SCHEMES } from './common/openapi/security-schemes';
import { VERSION } from './common/version';
import { AuthConfig } from './config/auth.config';

const DESCRIPTION = `Users, teams, business domains and who belongs where, for the services of PromptStack.

Errors are problem documents (RFC 9457) with a stable \`code\`. Times are ISO 8601 in UTC, ids are UUIDs.`;

/** Serves the OpenAPI document at /openapi.json and a page to try it at /docs. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'PromptStack Auth Service',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true },
  });
}

/** The OpenAPI document of the routes as they are. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('PromptStack Auth Service')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('Internal use only', 'https://spdx.org/licenses/LicenseRef-Internal.html')
    .addServer('/', 'This service')
    .addTag('Authentication', 'Registration, sign-in and the judgement of tokens')
    .addTag('Identity', 'Who the caller is')
    .addTag('Teams', 'Teams and memberships')
    .addTag('Domains', 'Business domains and assignments')
    .addTag('Health', 'Probes');
  const providers = providerSchemes(app.get(AuthConfig).oidc.issuerNames);
  for (const { name, scheme } of [...SECURITY_SCHEMES, ...providers]) builder.addSecurity(name, scheme);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (controller, method) =>
      controller.replace('Controller', '') + method[0]?.toUpperCase() + method.slice(1),
  });
  letProvidersIn(
    document,
    providers.map(({ name }) => name),
  );
  return document;
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
