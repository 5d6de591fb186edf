import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { basicCredential } from '../auth/basic-credential';
import { bearerToken } from '../auth/bearer-credential';
import { RememberedCallers } from '../auth/remembered-callers';
import { ServiceCallers } from '../auth/service-callers';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import type { Form } from '../http/oauth-form';
import type { Principal } from '../security/principal';
import { ServiceAuthenticator, type AuthenticatedKey } from '../service-accounts/service-authenticator';
import { ClientFailures, type ClientAttempt } from './client-failures';

/** A client's key, with its `client_id` where one was sent. */
interface ClientSecret {
  readonly id: string | undefined;
  readonly secret: string;
}

/**
 * The clients of the routes of OAuth (RFC 6749 section 2.3): service accounts, by HTTP Basic, by `client_id` and `client_secret` in the
 * form, or by a bearer token. Clients differ: empty parameters count as omitted, also beside Basic.
 */
@Injectable()
export class OAuthClients {
  constructor(
    private readonly callers: ServiceCallers,
    private readonly services: ServiceAuthenticator,
    private readonly remembered: RememberedCallers,
    private readonly failures: ClientFailures,
  ) {}

  /** Whoever calls; undefined when no credential was sent. A `client_id` alone is none. Refuses with a 401. */
  async find(request: Request, form: Form): Promise<Principal | undefined> {
    const caller = await this.recorded(request, form, () => this.authenticate(request, form));
    if (caller) request.principal = caller;
    return caller;
  }

  /** The same for a route that needs a caller. */
  async require(request: Request, form: Form): Promise<Principal> {
    const caller = await this.find(request, form);
    if (!caller) throw new AppError('invalid-client');
    return caller;
  }

  /** The client of a route that takes keys only: a token buys no token. */
  async requireKey(request: Request, form: Form): Promise<AuthenticatedKey> {
    const client = await this.recorded(request, form, () => {
      const bearer = bearerToken(request);
      const secret =
        secretOf(request, form) ?? (bearer === undefined ? undefined : { id: undefined, secret: bearer });
      if (!secret) throw new AppError('invalid-client');
      return this.services.verifyKey(secret.secret, secret.id);
    });
    request.principal = client.principal;
    return client;
  }

  private async authenticate(request: Request, form: Form): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    const secret = secretOf(request, form);
    if (secret) {
      // No header holds the character between: what came in a form is good in a form only.
      const credential = isBasic(request) ? authorization : `form\u0000${secret.id}\u0000${secret.secret}`;
      return this.remembered.remember(credential ?? '', () =>
        this.services.authenticateKey(secret.secret, secret.id),
      );
    }
    const caller = await this.callers.authenticate(request);
    // Another scheme than Basic and Bearer.
    if (!caller && authorization !== undefined) throw new AppError('invalid-client');
    return caller;
  }

  private async recorded<T>(request: Request, form: Form, work: () => Promise<T> | T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.failures.record(error, attemptOf(request, form));
    }
  }
}

/** The credential in Basic or in the form; undefined when there is none. Refuses a request that uses two mechanisms (section 2.3). */
function secretOf(request: Request, form: Form): ClientSecret | undefined {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  const isBearer = bearerToken(request) !== undefined;
  if (secret !== undefined && (isBasic(request) || isBearer)) {
    throw invalidInput([{ pointer: '#/client_secret', detail: 'comes beside another credential; send one' }]);
  }
  if (isBasic(request)) return basicSecret(request, id);
  if (secret === undefined) return undefined;
  if (id === undefined) throw new AppError('invalid-client', { reason: 'no client_id' });
  return { id, secret };
}

function isBasic({ headers: { authorization = '' } }: Request): boolean {
  return /^basic(?:[ \t]|$)/i.test(authorization);
}

function basicSecret(request: Request, id: string | undefined): ClientSecret {
  const basic = basicCredential(request);
  if (!basic) throw new AppError('invalid-client', { reason: 'malformed Basic' });
  if (id !== undefined && id !== basic.id) {
    throw invalidInput([
      { pointer: '#/client_id', detail: 'is another one than in the Authorization header' },
    ]);
  }
  return basic;
}

/** The credential of a request that was refused; undefined when there was none. */
function attemptOf(request: Request, form: Form): ClientAttempt | undefined {
  const { authorization } = request.headers;
  if (isBasic(request)) return { mechanism: 'basic', ...basicCredential(request) };
  if (authorization !== undefined) {
    const isBearer = /^bearer(?:[ \t]|$)/i.test(authorization);
    return { mechanism: isBearer ? 'bearer' : 'other', secret: authorization };
  }
  const secret = form.get('client_secret');
  return secret === undefined ? undefined : { mechanism: 'form', id: form.get('client_id'), secret };
}
