import jwt from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const client = jwksClient({ jwksUri, timeout: 3000 });
  const key =
    secret ??
    ((header, done) =>
      client.getSigningKey(header.kid, (error, found) => done(error, found?.getPublicKey())));
  const options = { issuer, audience, algorithms: [algorithm], complete: true };
  return (token) =>
    new Promise((resolve, reject) =>
      jwt.verify(token, key, options, (error, decoded) => {
        if (error) reject(error);
        else if (decoded.header.typ !== 'at+jwt') reject(new Error('not an access token'));
        else resolve(decoded.payload);
      }),
    );
};
