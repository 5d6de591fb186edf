import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { DatabaseTimeoutError } from './bounded-client';
import { isOutage, isReadOnly, isRetryable, outageSentence, translateDatabaseError } from './postgres-errors';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('errors of the database', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a reset connection', coded('ECONNRESET')],
    ['an address that cannot be resolved now', coded('EAI_AGAIN')],
    ['no more files', coded('EMFILE')],
    ['a refusal on every address of a host', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })],
    ['a certificate that is not trusted', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['a certificate of another host', coded('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a connection exception', coded('08006')],
    ['a refused password', coded('28P01')],
    ['a serialization failure', coded('40001')],
    ['too many connections', coded('53300')],
    ['a full disk', coded('53100')],
    ['a lock that is not given', coded('55P03')],
    ['a statement that took too long', coded('57014')],
    ['a server that stops', coded('57P01')],
    ['a server that starts', coded('57P03')],
    ['an input/output error', coded('58030')],
    ['a server that only reads', coded('25006')],
    ['a database that is not there yet', coded('3D000')],
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['a connection that takes too long', new Error('Connection terminated due to connection timeout')],
    ['a wait for the pool', new Error('timeout exceeded when trying to connect')],
    [
      'a connection that is lost already',
      new Error('Client has encountered a connection error and is not queryable'),
    ],
    ['a server without TLS', new Error('The server does not support SSL connections')],
    ['something that is no PostgreSQL', new Error('received invalid response: 48')],
    ['a transaction whose connection was lost', new QueryRunnerAlreadyReleasedError()],
    ['a prepared statement that a pooler has lost', coded('26000')],
    ['a prepared statement of somebody else, through a pooler', coded('42P05')],
    ['no right to connect', Object.assign(coded('42501'), { severity: 'FATAL' })],
    ['a limit of ours', new DatabaseTimeoutError('a statement', 1)],
    ['any of them from TypeORM', new QueryFailedError('SELECT', [], coded('57P01'))],
  ])('%s is an outage: 503', (_what, error) => {
    expect(isOutage(error)).toBe(true);
    expect(translateDatabaseError(error)).toMatchObject({ code: 'service-unavailable', cause: error });
  });

  it.each([
    ['a fault of the program', new TypeError('x is not a function')],
    ['an error without a code', new Error('something else')],
    ['a missing table', coded('42P01')],
    ['a syntax error', coded('42601')],
    ['no right on a table', Object.assign(coded('42501'), { severity: 'ERROR' })],
    ['a broken constraint', coded('23514')],
    ['a code that is no text', Object.assign(new Error('x'), { code: 57 })],
    ['a text in the place of a code', coded('57')],
    ['what is no error', 'ECONNREFUSED'],
    ['nothing', undefined],
  ])('%s is none', (_what, error) => {
    expect(isOutage(error)).toBe(false);
    expect(translateDatabaseError(error)).toBeUndefined();
  });

  it.each([
    ['28P01', /refuses the password/],
    ['28000', /lets this user not in from here/],
    ['3D000', /has no database of the name/],
    ['53300', /no connection left/],
    ['57P03', /is starting, stopping or recovering/],
    ['25006', /takes no writes/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate/],
    ['ECONNREFUSED', /^the database is out of reach$/],
    ['08006', /^the database is out of reach$/],
  ])('%s has a sentence for operators', (code, sentence) => {
    expect(outageSentence(new QueryFailedError('SELECT', [], coded(code)))).toMatch(sentence);
  });

  it('a taken address is said to be one', () => {
    const error = Object.assign(coded('23505'), { constraint: 'uq_users_email' });
    expect(translateDatabaseError(new QueryFailedError('INSERT', [], error))).toMatchObject({
      code: 'email-already-registered',
    });
  });

  it.each(['40001', '40P01', '23503'])('%s is worth another try', (code) => {
    expect(isRetryable(new QueryFailedError('UPDATE', [], coded(code)))).toBe(true);
  });

  it.each(['23505', '57014', '25006'])('%s is not', (code) => {
    expect(isRetryable(coded(code))).toBe(false);
  });

  it('knows a server that only reads', () => {
    expect(isReadOnly(new QueryFailedError('INSERT', [], coded('25006')))).toBe(true);
    expect(isReadOnly(coded('57P01'))).toBe(false);
  });
});
