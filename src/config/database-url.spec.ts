import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl, databaseUrlWarnings, readDatabaseUrl } from './database-url';

const read = (text: string) => readDatabaseUrl(databaseUrl(text));

describe('the address of the database', () => {
  it.each([
    [
      'postgresql://u:p@db.example.com:5433/auth',
      { host: 'db.example.com', port: 5433, user: 'u', password: 'p' },
    ],
    ['POSTGRES://u@db/auth', { host: 'db', port: undefined, user: 'u', password: undefined }],
    ['postgresql://u:p@[::1]:5432/auth', { host: '::1', port: 5432 }],
    ['postgresql://u:p%40%2F%3A%3F%23%25@db/auth', { password: 'p@/:?#%' }],
    ['postgresql://u:p%2Fw@db/auth?options=-c geqo=off', { password: 'p/w', options: '-c geqo=off' }],
    ['postgresql:///auth', { host: undefined, user: undefined }],
    // libpq's and Cloud SQL's forms for a Unix socket, then the driver's own.
    ['postgresql:///auth?host=/var/run/postgresql', { host: '/var/run/postgresql' }],
    [
      'postgresql:///auth?host=/run/pg&port=5433&user=u&password=p',
      { host: '/run/pg', port: 5433, user: 'u', password: 'p' },
    ],
    [
      'postgresql://u:p@/auth?host=/cloudsql/project:region:name',
      { host: '/cloudsql/project:region:name', user: 'u', password: 'p' },
    ],
    [
      'postgresql://u:p@localhost/auth?host=/cloudsql/project:region:name',
      { host: '/cloudsql/project:region:name' },
    ],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/auth', { host: '/var/run/postgresql' }],
    ['socket:/var/run/postgresql?db=auth', { host: '/var/run/postgresql' }],
    ['socket://u:p@/var/run/postgresql?db=auth', { host: '/var/run/postgresql', user: 'u', password: 'p' }],
    ['/var/run/postgresql auth', { host: '/var/run/postgresql' }],
  ])('%s is read', (text, expected) => {
    expect(read(text)).toMatchObject({ database: 'auth', ...expected });
    expect(databaseUrlWarnings(text)).toEqual([]);
  });

  it.each([
    [
      'mysql://u:marked@db/auth',
      /^must be a URL that starts with postgres:\/\/ or postgresql:\/\/, or the path of a socket$/,
    ],
    ['db.example.com:5432', /^must be a URL/],
    ['postgres:auth', /^must be a URL/],
    ['jdbc:postgresql://db/auth?password=marked', /without jdbc:/],
    ['postgresql+asyncpg://u:marked@db/auth', /without the name of a driver/],
    ['host=db password=marked', /must be a URL: the driver does not read lists of keywords/],
    ['postgresql://u:marked%@db/auth', /holds a % that begins no escape: write %25/],
    ['postgresql://u:marked%zz@db/auth', /holds a % that begins no escape/],
    ['postgresql://u:marked%E9@db/auth', /is no UTF-8/],
    ['postgresql://u:mar#ked@db/auth', /holds a #/],
    ['postgresql://u:12#marked@db/auth', /holds a #/],
    ['postgresql://u:mar/ked@db/auth', /%2F for \//],
    ['postgresql://u:12/marked@db/auth', /%2F for \//],
    ['postgresql://u:mar?ked@db/auth', /%3F for \?/],
    ['postgresql://u:12?marked@db/auth', /%3F for \?/],
    ['postgresql://u:mar:ked@db:x/auth', /%3A for :/],
    ['postgresql://u:p@marked1,marked2/auth', /names several hosts/],
    ['postgresql:///auth?host=marked1,marked2', /names several hosts/],
    ['postgresql://db:65536/auth', /cannot be read/],
    ['postgresql://db:0/auth', /a port from 1 to 65535/],
    ['postgresql:///auth?host=/run&port=marked', /a port from 1 to 65535/],
    [
      'postgresql://db/auth?sslmode=verify_full',
      /an sslmode of disable, no-verify, prefer, require, verify-ca, verify-full/,
    ],
    ['postgresql://db/auth?ssl=marked', /an ssl of true, false or no-verify/],
    [
      'postgresql://db/auth?sslrootcert=/marked/ca.pem',
      /names a file in sslcert, sslkey or sslrootcert that cannot be read/,
    ],
    ['postgresql://db/auth?sslnegotiation=marked', /an sslnegotiation of/],
    ['postgresql://db/auth?uselibpqcompat=true&sslmode=verify-ca', /needs sslrootcert/],
  ])('%s is refused for its cause, which does not quote it', (text, cause) => {
    expect(() => databaseUrl(text)).toThrow(cause);
    expect(() => databaseUrl(text)).not.toThrow(/marked|ked@/);
  });

  it.each([
    ['', undefined],
    ['?sslmode=disable', false],
    ['?ssl=false', false],
    ['?ssl=true', true],
    ['?sslmode=no-verify', { rejectUnauthorized: false }],
    ['?sslmode=require', {}],
    ['?sslmode=verify-full', {}],
    ['?uselibpqcompat=true&sslmode=require', { rejectUnauthorized: false }],
  ])('with "%s" has TLS of %j', (parameters, ssl) => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(read(`postgresql://db/auth${parameters}`).ssl).toEqual(ssl);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('reads certificates', () => {
    const directory = mkdtempSync(join(tmpdir(), 'auth-database-url-'));
    writeFileSync(join(directory, 'ca.pem'), 'a certificate');
    const url = `postgresql://db/auth?sslmode=verify-full&sslrootcert=${directory}/ca.pem`;
    expect(read(url).ssl).toEqual({ ca: 'a certificate' });
    rmSync(directory, { recursive: true });
  });

  it('says which parameters have no effect: nobody but us sets the limits', () => {
    const url =
      'postgresql://db/auth?connect_timeout=9&sslmode=require&statement_timeout=0&replication=database';
    expect(databaseUrlWarnings(url)).toEqual([
      'DATABASE_URL: the parameter connect_timeout has no effect',
      'DATABASE_URL: the parameter statement_timeout has no effect',
      'DATABASE_URL: the parameter replication has no effect',
      'DATABASE_URL: sslmode=require verifies certificate and host name here, like verify-full; no-verify does not',
    ]);
    expect(Object.keys(read(url))).not.toEqual(expect.arrayContaining(['statement_timeout']));
  });
});
