export { AUTH_CLIENT, AuthClientModule, type AuthClientModuleOptions } from './adapters/nest-module';
export { AuthClientGuard } from './adapters/nest-guard';
export { CurrentUser, RequireDomain, RequireTeam } from './adapters/nest-decorators';
