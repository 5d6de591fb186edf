import { unsupportedNode } from './node-support';

describe('unsupportedNode', () => {
  it.each([
    ['v20.20.2', '2026-04-30T23:59:59Z', undefined],
    ['v20.19.0', '2026-05-01T00:00:00Z', /^Node\.js 20 .* since 2026-04-30: .* Node\.js 24$/],
    ['v22.23.3', '2027-04-30T12:00:00Z', undefined],
    ['v22.13.0', '2027-05-01T00:00:00Z', /^Node\.js 22 .* 2027-04-30/],
    ['v25.1.0', '2026-11-01T00:00:00Z', /^Node\.js 25 .* 2026-06-01/],
    ['v24.21.0', '2028-04-30T12:00:00Z', undefined],
    ['v24.21.0', '2028-05-01T00:00:00Z', /^Node\.js 24 /],
    ['v26.10.0', '2029-04-30T12:00:00Z', undefined],
    ['v28.0.0', '2040-01-01T00:00:00Z', undefined],
  ])('%s at %s: %s', (version, now, expected) => {
    const line = unsupportedNode(version, new Date(now));
    if (expected === undefined) expect(line).toBeUndefined();
    else expect(line).toMatch(expected);
  });
});
