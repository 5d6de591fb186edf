import { findClaim, formOf } from './claim-value';

describe('findClaim', () => {
  const CLAIMS = {
    sub: 'a',
    'https://example.com/groups': ['x'],
    realm_access: { roles: ['y'] },
    'kubernetes.io': { namespace: 'jobs', serviceaccount: { uid: 'u', 'a.b': 'z' } },
    kubernetes: { io: 'shadowed' },
    'a.b': 1,
    a: { b: 2, c: 3 },
    emails: ['first', { address: 'second' }],
    empty: { '': 'none' },
    nothing: null,
  };

  it.each([
    ['sub', 'a'],
    ['https://example.com/groups', ['x']],
    ['realm_access.roles', ['y']],
    ['kubernetes.io.namespace', 'jobs'],
    ['kubernetes.io.serviceaccount.uid', 'u'],
    ['kubernetes.io.serviceaccount.a.b', 'z'],
    ['a.b', 1],
    ['a.c', 3],
    ['emails.0', 'first'],
    ['emails.1.address', 'second'],
    ['nothing', null],
  ])('finds %s', (name, value) => {
    expect(findClaim(CLAIMS, name)).toEqual({ value });
  });

  it.each([
    'missing',
    'a.d',
    'emails.2',
    'realm_access.roles.5',
    'toString',
    'a.constructor',
    '__proto__',
    '.',
    'a.',
    '.sub',
  ])('finds nothing at %s', (name) => {
    expect(findClaim(CLAIMS, name).value).toBeUndefined();
  });

  it.each([
    ['sub.x', 'sub', 'a'],
    ['emails.x', 'emails', CLAIMS.emails],
    ['emails.length', 'emails', CLAIMS.emails],
    ['a.b.c', 'a.b', 1],
    ['nothing.x', 'nothing', null],
    ['realm_access.roles.0.x', 'realm_access.roles.0', 'y'],
  ])('tells what stands in the way of %s', (name, claim, value) => {
    expect(findClaim(CLAIMS, name)).toEqual({ value: undefined, obstacle: { claim, value } });
  });
});

describe('formOf', () => {
  it('says the form and nothing of the value', () => {
    const values = ['secret', 5, true, null, undefined, {}, [], ['a'], ['a', 5, {}], [['a']]];
    expect(values.map(formOf)).toEqual([
      'text',
      'number',
      'boolean',
      'null',
      'undefined',
      'object',
      'empty list',
      'list of text',
      'list of number and object and text',
      'list of list',
    ]);
  });
});
