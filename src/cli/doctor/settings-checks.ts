import { unsupportedNode } from '../../bootstrap/node-support';
import { ConfigurationError } from '../../config/configuration-error';
import { loadConfiguration, type Configuration } from '../../config/configuration';
import type { ProcessEnvironment } from '../../config/environment';
import { estimateBits } from '../../config/secret-strength';
import type { SigningKey } from '../../config/signing-keys';
import { fail, ok, warn, type Check } from './check';

const SETTINGS_PAGE = 'docs/operate/settings.md';
/** R12: for new keys. */
const GOOD_RSA_BITS = 3072;
/** What 32 random bytes in hexadecimal digits have at least. */
const GOOD_SECRET_BITS = 120;

/** The configuration, if it has no fault, and what was found about it. */
export function checkSettings(environment: ProcessEnvironment): {
  readonly configuration: Configuration | undefined;
  readonly checks: readonly Check[];
} {
  try {
    const configuration = loadConfiguration(environment.variables, environment);
    const count = configuration.warnings.length;
    const modes = count > 0 ? `${count}: ${configuration.warnings.join('; ')}` : 'none';
    const advice = `change them, or accept them knowingly: ${SETTINGS_PAGE}`;
    return {
      configuration,
      checks: [
        ok('settings', configuration.http.production ? 'good, for production' : 'good, not for production'),
        count > 0 ? warn('unsafe-modes', modes, advice) : ok('unsafe-modes', modes),
        checkSigningKey(configuration.tokens.signingKey),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const advice = `correct them, the service does not start: ${SETTINGS_PAGE}`;
    return { configuration: undefined, checks: [fail('settings', error.faults.join('; '), advice)] };
  }
}

function checkSigningKey({ algorithm, signingKey }: SigningKey): Check {
  const id = 'signing-key';
  if (signingKey.type === 'secret') {
    const bits = Math.floor(estimateBits(signingKey.export().toString()));
    const detail = `${algorithm}, ${signingKey.symmetricKeySize} bytes, about ${bits} bits of chance`;
    const advice = 'generate one: openssl rand -base64 48; docs/operate/keys.md says how to change it';
    return bits < GOOD_SECRET_BITS ? warn(id, detail, advice) : ok(id, detail);
  }
  const { modulusLength } = signingKey.asymmetricKeyDetails ?? {};
  if (modulusLength === undefined) return ok(id, algorithm);
  const detail = `${algorithm}, ${modulusLength} bits`;
  const advice = `keys of today have ${GOOD_RSA_BITS} bits: docs/operate/keys.md says how to change them`;
  return modulusLength < GOOD_RSA_BITS ? warn(id, detail, advice) : ok(id, detail);
}

/** Whether this Node.js still gets security fixes. */
export function checkNode(production: boolean, now = new Date()): Check {
  const fault = unsupportedNode(process.version, now);
  if (fault === undefined) return ok('node', process.version);
  const advice = 'run the service on Node.js 24: docs/operate/runtime.md';
  return production ? fail('node', fault, advice) : warn('node', fault, advice);
}
