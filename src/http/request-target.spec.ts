import { originForm } from './request-target';

describe('originForm', () => {
  it.each([
    ['/auth/me', '/auth/me'],
    ['/auth/me?x=1', '/auth/me?x=1'],
    ['//auth/me', '//auth/me'],
    ['/', '/'],
    ['http://x/auth/me', '/auth/me'],
    ['HTTPS://user@host:1/auth/me?x=1', '/auth/me?x=1'],
    ['http://x//auth/me', '//auth/me'],
    ['http://x', '/'],
    ['http://x?y=1', '/?y=1'],
    ['/auth/me#x', '/auth/me'],
    ['/auth/me?x=1#y?z', '/auth/me?x=1'],
    ['/auth\u00a0/me', '/auth%C2%A0/me'],
    ['*', '/*'],
    ['', '/'],
  ])('of %j is %j', (target, expected) => {
    expect(originForm(target)).toBe(expected);
  });
});
