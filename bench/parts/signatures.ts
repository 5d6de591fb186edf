import { generateKeyPairSync } from 'node:crypto';
import { inTurn, validate, type Bench } from '../part';
import { registered } from '../people';
import { startReference, startService } from '../processes';
import { ratioRow } from '../statistics';

/** A service that signs by ES256, against a floor that verifies each token. */
export async function signatures(bench: Bench): Promise<string[][]> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const service = await bench.start(
    startService({
      DATABASE_URL: bench.databaseUrl,
      AUTH_JWT_ALGORITHM: 'ES256',
      AUTH_JWT_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }),
  );
  const { token, user } = await registered(service, 'es256@bench.example');
  const floor = await bench.start(
    startReference('memory', {
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
      databaseUrl: bench.databaseUrl,
      user,
    }),
  );
  const rounds = await inTurn(bench, 'ES256', [
    ['service', service, validate(token)],
    ['floor', floor, validate(token)],
  ]);
  const ratios = rounds.map(([own, other]) => own! / other!);
  return [ratioRow('validate of ES256 to a floor from memory that verifies', ratios, '>= 2.00')];
}
