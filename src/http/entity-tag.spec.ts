import { entityTagOf, Precondition } from './entity-tag';

const BODY = { id: '1', name: 'Ada' };
const TAG = entityTagOf(BODY);

describe('an entity tag', () => {
  it('is strong, and another for another body', () => {
    expect(TAG).toMatch(/^"[\w-]{22}"$/);
    expect(entityTagOf({ ...BODY })).toBe(TAG);
    expect(entityTagOf({ ...BODY, name: 'Bob' })).not.toBe(TAG);
  });

  it.each([undefined, '*', ' * ', TAG, `"other", ${TAG}`, `W/"x",${TAG} , "y"`])(
    'fulfils If-Match %j',
    (header) => {
      expect(() => new Precondition(header).check(BODY)).not.toThrow();
    },
  );

  it.each(['', '"other"', `W/${TAG}`, TAG.slice(1, -1), TAG.toUpperCase(), '**'])(
    'does not fulfil If-Match %j',
    (header) => expect(() => new Precondition(header).check(BODY)).toThrow('has changed since'),
  );

  it('is none of what is not there yet', () => {
    for (const header of ['*', TAG])
      expect(() => new Precondition(header).check(undefined)).toThrow('has changed since');
    expect(() => new Precondition(undefined).check(undefined)).not.toThrow();
  });
});
