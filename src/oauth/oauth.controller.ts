import { Controller, Header, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Request } from 'express';
import { requireScope } from '../auth/service-callers';
import { KeepsAnswers } from '../changes/keeps-answers.decorator';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { OAuthForm, type Form } from '../http/oauth-form';
import { ApiOAuth } from '../http/openapi/api-oauth.decorator';
import { Public } from '../security/public.decorator';
import { ActiveToken, InactiveToken, type Introspection } from './dto/introspection-response.dto';
import { InspectedTokenForm, TokenForm } from './dto/oauth-forms.dto';
import { ServiceTokenResponse } from './dto/service-token-response.dto';
import { IntrospectionService } from './introspection.service';
import { OAuthClients } from './oauth-clients';
import { RevocationService } from './revocation.service';
import { ServiceTokenService } from './service-token.service';

const GRANT = 'client_credentials';
const INTROSPECTION = {
  oneOf: [ActiveToken, InactiveToken].map((model) => ({ $ref: getSchemaPath(model) })),
};

/** The routes of OAuth 2.0 for services. They authenticate their clients themselves: RFC 6749 has its own forms for it. */
@ApiTags('Services')
@ApiExtraModels(ActiveToken, InactiveToken)
@Public()
@Controller('oauth')
export class OAuthController {
  constructor(
    private readonly clients: OAuthClients,
    private readonly tokens: ServiceTokenService,
    private readonly introspections: IntrospectionService,
    private readonly revocations: RevocationService,
  ) {}

  /**
   * Get a token for a service
   * @remarks RFC 6749 section 4.4. The token ends with the key that it was issued for; it is never valid as a user's.
   */
  @KeepsAnswers()
  @Post('token')
  @HttpCode(HttpStatus.OK)
  @Header('Pragma', 'no-cache')
  @ApiOAuth(TokenForm)
  @ApiOkResponse({ type: ServiceTokenResponse, description: 'A token' })
  async issueServiceToken(@OAuthForm() form: Form, @Req() request: Request): Promise<ServiceTokenResponse> {
    const client = await this.clients.requireKey(request, form);
    const grant = form.get('grant_type');
    if (grant === undefined) throw missing('grant_type');
    if (grant !== GRANT) throw new AppError('unsupported-grant-type');
    const { token, expiresInSeconds, scopes } = await this.tokens.issue(client, form.get('scope'));
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    };
  }

  /**
   * Introspect a token
   * @remarks RFC 7662, for access tokens, refresh tokens, keys, service tokens and tokens of providers. A refresh token is not consumed;
   * a consumed one is not active.
   */
  @KeepsAnswers()
  @Post('introspect')
  @HttpCode(HttpStatus.OK)
  @ApiOAuth(InspectedTokenForm, { scope: 'tokens:validate' })
  @ApiOkResponse({ schema: INTROSPECTION, description: 'Whether the token is active, and of whom it is' })
  async introspectToken(@OAuthForm() form: Form, @Req() request: Request): Promise<Introspection> {
    requireScope(await this.clients.require(request, form), 'tokens:validate');
    return this.introspections.introspect(tokenOf(form));
  }

  /**
   * Revoke a token
   * @remarks RFC 7009, for whoever holds the token: an access or refresh token ends its session, a key, service token or provider token
   * itself. 200 also for tokens that are unknown or have expired. Client credentials are not needed.
   */
  @Post('revoke')
  @HttpCode(HttpStatus.OK)
  @ApiOAuth(InspectedTokenForm, { isOpen: true })
  @ApiOkResponse({ description: 'The token is not active any more' })
  async revokeToken(@OAuthForm() form: Form, @Req() request: Request): Promise<void> {
    await this.clients.find(request, form);
    await this.revocations.revoke(tokenOf(form));
  }
}

function tokenOf(form: Form): string {
  const token = form.get('token');
  if (token === undefined) throw missing('token');
  return token;
}

function missing(name: string): AppError {
  return invalidInput([{ pointer: `#/${name}`, detail: 'is missing' }]);
}
