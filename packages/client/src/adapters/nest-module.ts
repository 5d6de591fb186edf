import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { createAuthClient } from '../create-auth-client';
import type { AuthClient, AuthClientOptions } from '../types';
import { AuthClientGuard } from './nest-guard';
import { AUTH_CLIENT } from './nest-token';

export { AUTH_CLIENT } from './nest-token';

/** Options of a client that the module makes and closes, or a client of the application's own, which it leaves open. */
export type AuthClientModuleOptions = AuthClientOptions | { readonly client: AuthClient };

const OWN_CLIENT = Symbol('own client');

/** Gives every module of the application `AUTH_CLIENT` and `AuthClientGuard`. */
@Module({})
export class AuthClientModule implements OnApplicationShutdown {
  constructor(@Inject(OWN_CLIENT) private readonly own: AuthClient | null) {}

  static forRoot(options: AuthClientModuleOptions): DynamicModule {
    const given = 'client' in options ? options.client : undefined;
    const client = given ?? createAuthClient(options as AuthClientOptions);
    return {
      module: AuthClientModule,
      global: true,
      providers: [
        { provide: AUTH_CLIENT, useValue: client },
        { provide: OWN_CLIENT, useValue: given ? null : client },
        AuthClientGuard,
      ],
      exports: [AUTH_CLIENT, AuthClientGuard],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.own?.close();
  }
}
