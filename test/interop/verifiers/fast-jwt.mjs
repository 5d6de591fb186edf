import { createVerifier } from 'fast-jwt';
import buildGetJwks from 'get-jwks';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const { origin, pathname } = new URL(jwksUri);
  const jwks = buildGetJwks({ jwksPath: pathname });
  const key =
    secret ?? (({ header }) => jwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: origin }));
  const verify = createVerifier({
    key,
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
  });
  return async (token) => verify(token);
};
