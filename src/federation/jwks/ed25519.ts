import { verify, type KeyObject } from 'node:crypto';

/**
 * The points of Ed25519 whose order divides 8, in every encoding, without the sign bit: anyone can forge a signature under
 * such a key (RFC 8032 section 8.9 on the cofactor; libsodium refuses the same list).
 */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether an Ed25519 key is a point of small order, under which anyone can forge a signature. */
export function isSmallOrder(key: KeyObject): boolean {
  const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  point[31] = (point[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(point.toString('hex'));
}

/** Whether an Ed25519 key made the signature of a token; jsonwebtoken does not support the algorithm. */
export function isEdwardsSignature(token: string, signature: Buffer, key: KeyObject): boolean {
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')));
  return verify(null, signed, key, signature);
}
