/** A service that asks about the bearer tokens of its callers by introspection (RFC 7662). */
import express from 'express';
import passport from 'passport';
import { Strategy } from 'passport-http-bearer';
import { overHttp } from '../verifiers/http.mjs';

export default async ({ issuer, id, key }) => {
  const authorization = `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`;
  const introspect = async (token) => {
    const answer = await fetch(`${issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(6000),
    });
    if (!answer.ok) throw new Error(`introspection was answered ${answer.status}`);
    return answer.json();
  };
  const strategy = new Strategy((token, done) => {
    introspect(token).then(
      // Refresh tokens are active too, and have no `token_type`; tokens of services have no `uid`.
      ({ active, ...claims }) => done(null, active && claims.token_type && claims.uid ? claims : false),
      done,
    );
  });
  const app = express();
  app.use(passport.initialize());
  passport.use(strategy);
  app.get('/', passport.authenticate('bearer', { session: false }), (request, response) =>
    response.json({ sub: request.user.username }),
  );
  return overHttp(app);
};
