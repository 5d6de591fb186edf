const FIREBASE =
  '$firebase-scrypt$ln=14,r=8,p=1,ss=Bw==,sk=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw==$c29tZXNhbHQ=$' +
  'gjYABmpa52W+Pq0x5q/f6U8+ZvjcaXo5/znB/OSAIYBZ5j59hxSsA81r/d0XSJb77XSI6F7CF3haDwRJ8UG+TQ==';

/** Of "pässword". */
const OF_ONE_PASSWORD = {
  'bcrypt $2a$, Passlib 1.7.4': '$2a$04$UdneuurL18gUGV2VR/B7ae8.3VF0zUu4xAL9k7m2hHC38.Y87gCE.',
  'bcrypt $2b$, npm bcrypt 6.0.0': '$2b$04$mVC1BdgQKtaj7B.4Pxwy4OkWjX4bMEnuW80NVpvIBsGPy4T2ZT2e2',
  'bcrypt $2y$, PHP 8.2': '$2y$04$w5WEeD5jqwHW3hmtr5vqzeR67cTI/0BTYiQs5Vf4bjwx1aDzoIzpu',
  'bcrypt_sha256 v2, Passlib 1.7.4':
    '$bcrypt-sha256$v=2,t=2b,r=4$VmC8cavLaGJJV6y8CU1E8e$jBK9F6oXEX644MeLF0SB4M0hpznl7Mu',
  'bcrypt_sha256 v1, Passlib 1.7.4':
    '$bcrypt-sha256$2b,4$dKLWAm3PaSpXXtcnlFMANO$gTbQuWBuxI.J53wXPOCYf1fhJUmkbVG',
  'argon2id, Passlib 1.7.4': '$argon2id$v=19$m=1024,t=2,p=2$LMWYE+J8LyWEEAIgpNQagw$UJRuzwcjxc5V7ZBDN5+W1A',
  'argon2id, npm argon2 0.45.1':
    '$argon2id$v=19$m=1024,p=2,t=2$JB/qxRZfIMd5kQnP9S9Wdw$usE6mizz0QespCaWOo1859BkZD8NZsIldT8ob0+kBEI',
  'argon2id, PHP 8.2':
    '$argon2id$v=19$m=1024,t=2,p=1$QWRUVHZSTXcza1pQUDJsTg$s7rn6LBfotpbn1HokZa1lBbxadWbyUsDMpJwCgmLdWQ',
  'PBKDF2 with SHA-256, Werkzeug 2.2.2':
    'pbkdf2:sha256:1000$KBVnOIzW7RAvioxO$35ea15e6382860e5f1a5c976cb2aeb044b12acb4206ceb5c7a5a4db70012098b',
  'PBKDF2 with SHA-512, Werkzeug 2.2.2':
    'pbkdf2:sha512:1000$9AHKyiEP6Eew0KyV$46058b28cf5d8a36d4cebcfed7aca6840cf3a1cf5c07b0d91f6bef4d510b5a3e6186f20140972c3f64187337ed60e75be443cba86bae47eb84afdf5e9f7594b3',
  'PBKDF2 with SHA-1, Werkzeug 2.2.2':
    'pbkdf2:sha1:1000$WVvzrywqtSYdHPCf$6db74f17b3fbb314ccfafe3c7d547cd1a8537312',
  'scrypt, Werkzeug 3.1.9':
    'scrypt:16384:8:1$Zk35nDu6GVXbL3jc$470cf0b3c74b5db0617aeccc4af3b4d4982fed90c7c0715cf8c0d0494b45e678e8ab4fb7d3004b4dac2431f62101c59619cb7acd6fc2c574631108c0aaf11dac',
  'scrypt, npm firebase-scrypt 2.2.0': FIREBASE,
  '{SSHA}, OpenLDAP 2.5.13': '{SSHA}PIZ9QcY0gApza+uR/QOn4EqsHnCrWZN2',
  '{SSHA512}, OpenLDAP 2.5.13':
    '{SSHA512}hGifhYLRsMa3VUySJmf4Ij/mMbo2qwgj4k5CyARkQBmpieOjOlC/L66uE80Zbd8ygpqVyiFjI7YbuB1oBuVvhMhJWr85bpiN',
} as const;

/** Of "x": Django takes its own number of rounds. */
const BY_DJANGO = {
  'PBKDF2 with SHA-256, Django 3.2.25':
    'pbkdf2_sha256$260000$pdHeefbjxVHeKxO67nrpl0$0w+8Gtku0QeHmx28vWktFtzuSUYNKihVC6+cm8VGPp8=',
  'PBKDF2 with SHA-1, Django 3.2.25':
    'pbkdf2_sha1$260000$MAuPLfgfUlqYjOy94aeEl6$OEXsC3sxuGpNNkVZyD4xGzSKYtI=',
} as const;

/** Hashes of other services, each made by the tool that its name says, and the password: `[name, hash, password]`. */
export const FOREIGN_HASHES: readonly (readonly [name: string, hash: string, password: string])[] = [
  ...Object.entries(OF_ONE_PASSWORD).map(([name, hash]) => [name, hash, 'pässword'] as const),
  ...Object.entries(BY_DJANGO).map(([name, hash]) => [name, hash, 'x'] as const),
];

/** The one of a name. */
export function foreignHash(name: string): string {
  const [, hash] = FOREIGN_HASHES.find(([other]) => other === name) ?? [];
  if (hash === undefined) throw new Error(`there is no hash of ${name}`);
  return hash;
}
