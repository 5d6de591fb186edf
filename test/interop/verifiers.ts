/** The algorithms of our access tokens. */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A library or a server that verifies our tokens, and what it has to be told. */
export interface Verifier {
  readonly name: string;
  /** Below `verifiers/`. */
  readonly file: string;
  /** Packages whose versions belong into the table; none for programs, which tell their own. */
  readonly packages: readonly string[];
  readonly algorithms: readonly Algorithm[];
  /** The options that make it refuse what is not an access token for this audience. */
  readonly options: string;
  /** It cannot be told to look at `typ`; an ID token of the same issuer, audience and key would pass. */
  readonly ignoresType?: true;
  readonly note?: string;
}

const ALL = ALGORITHMS;
const ASYMMETRIC = ['RS256', 'ES256'] as const;

export const VERIFIERS: readonly Verifier[] = [
  {
    name: 'jose',
    file: 'jose.mjs',
    packages: ['jose'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`, `typ: "at+jwt"`',
  },
  {
    name: 'jsonwebtoken + jwks-rsa',
    file: 'jsonwebtoken.mjs',
    packages: ['jsonwebtoken', 'jwks-rsa'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`, `complete: true`',
    note: 'compare `header.typ` yourself; set `timeout` (30 s by default)',
  },
  {
    name: 'express-jwt',
    file: 'express-jwt.mjs',
    packages: ['express-jwt', 'jwks-rsa'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`, `secret: expressJwtSecret({ jwksUri })`',
    ignoresType: true,
  },
  {
    name: 'passport-jwt',
    file: 'passport-jwt.mjs',
    packages: ['passport-jwt', 'jwks-rsa'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`, `secretOrKeyProvider: passportJwtSecret({ jwksUri })`',
    ignoresType: true,
  },
  {
    name: 'express-oauth2-jwt-bearer',
    file: 'express-oauth2-jwt-bearer.mjs',
    packages: ['express-oauth2-jwt-bearer'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `jwksUri` (or `secret`), `tokenSigningAlg`',
    ignoresType: true,
  },
  {
    name: 'express-oauth2-jwt-bearer, strict',
    file: 'express-oauth2-jwt-bearer-strict.mjs',
    packages: ['express-oauth2-jwt-bearer'],
    algorithms: ALL,
    options: 'the same and `strict: true`',
    note: 'needs `client_id` in the token (`AUTH_JWT_CLIENT_ID`)',
  },
  {
    name: 'oauth4webapi',
    file: 'oauth4webapi.mjs',
    packages: ['oauth4webapi'],
    algorithms: ASYMMETRIC,
    options:
      '`validateJwtAccessToken(server, request, audience)` with `server` from `discoveryRequest(…, { algorithm: "oauth2" })`',
    note: 'needs the public URL as `AUTH_JWT_ISSUER`, and `client_id`',
  },
  {
    name: 'openid-client',
    file: 'openid-client.mjs',
    packages: ['openid-client', 'jose'],
    algorithms: ASYMMETRIC,
    options: '`discovery(issuer, clientId)` reads both metadata documents; verify with jose',
    note: 'a client library: it verifies no access tokens itself; needs the public URL as `AUTH_JWT_ISSUER`',
  },
  {
    name: '@fastify/jwt + get-jwks',
    file: 'fastify-jwt.mjs',
    packages: ['@fastify/jwt', 'get-jwks'],
    algorithms: ALL,
    options: '`allowedIss`, `allowedAud`, `algorithms`, `checkTyp: "at+jwt"`, get-jwks with `jwksPath`',
  },
  {
    name: 'fast-jwt + get-jwks',
    file: 'fast-jwt.mjs',
    packages: ['fast-jwt', 'get-jwks'],
    algorithms: ALL,
    options: '`allowedIss`, `allowedAud`, `algorithms`, `checkTyp: "at+jwt"`',
    note: 'its tolerance counts milliseconds',
  },
  {
    name: 'hono',
    file: 'hono.mjs',
    packages: ['hono'],
    algorithms: ALL,
    options: '`alg`, `verification: { iss, aud, typ: "at+jwt" }`',
    note: 'refuses our tokens without `verification.typ`',
  },
  {
    name: 'aws-jwt-verify',
    file: 'aws-jwt-verify.mjs',
    packages: ['aws-jwt-verify'],
    algorithms: ASYMMETRIC,
    options: '`JwtVerifier.create({ issuer, audience, jwksUri, customJwtCheck })`',
    note: 'compare `header.typ` in `customJwtCheck`; key sets over https only',
  },
  {
    name: 'PyJWT',
    file: 'pyjwt.py',
    packages: ['PyJWT'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`, `leeway=30`, `options={"require": […]}`',
    note: 'compare `typ` of `get_unverified_header` yourself',
  },
  {
    name: 'python-jose',
    file: 'python_jose.py',
    packages: ['python-jose'],
    algorithms: ALL,
    options: '`issuer`, `audience`, `algorithms`',
    note: 'does not look at `kid`: hand it the one key; compare `typ` yourself',
  },
  {
    name: 'Authlib',
    file: 'authlib_jose.py',
    packages: ['Authlib'],
    algorithms: ALL,
    options: '`JsonWebToken([alg])`, `claims_options` for `iss`, `aud`, `exp`',
    note: 'call `claims.validate()`: `decode` checks the signature only; compare `typ` yourself',
  },
  {
    name: 'jwcrypto',
    file: 'jwcrypto_jwt.py',
    packages: ['jwcrypto'],
    algorithms: ALL,
    options: '`algs`, `check_claims` for `iss`, `aud`, `exp`',
    note: 'gives 60 s of grace; compare `typ` yourself',
  },
  {
    name: 'HAProxy `jwt_verify`',
    file: 'haproxy.mjs',
    packages: [],
    algorithms: ALL,
    options: 'compare `alg`, `typ`, `iss`, `aud` and `exp` yourself; the key as a PEM file',
    note: '`jwt_verify` checks the signature only',
  },
  {
    name: 'nginx `auth_request`',
    file: 'nginx.mjs',
    packages: [],
    algorithms: ALL,
    options: '`auth_request` to `GET /auth/me`, without the body',
    note: 'verifies nothing itself: it asks the service, and sees sign-outs at once',
  },
];
