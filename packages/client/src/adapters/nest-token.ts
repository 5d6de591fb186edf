/** Injects the `AuthClient` of `AuthClientModule`. */
export const AUTH_CLIENT = Symbol.for('promptstack-auth-client');
