import { hasDuplicateKeys } from './duplicate-keys';

describe('hasDuplicateKeys', () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{ "a" : 1 , "a"\n:\t2 }',
    '{"a":1,"\\u0061":2}',
    '{"\\u00e9":1,"é":2}',
    '{"a\\"":1,"a\\"":2}',
    '{"\\\\":1,"\\\\":2}',
    '{"\\/":1,"/":2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"x":{"a":1,"a":2}}',
    '[{"a":1},{"b":1,"b":2}]',
    '{"a":{"b":1},"c":[],"a":2}',
    '{"a":[{}],"b":"}","a":2}',
    '{"a":"{","a":2}',
    '{"a":"\\\\","a":2}',
  ])('finds the name that stands twice in %s', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(hasDuplicateKeys(text)).toBe(true);
  });

  it.each([
    '{}',
    '[]',
    '"a"',
    '5',
    'null',
    '{"a":1,"b":2}',
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '{"x":{"a":1},"y":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '["a","a",":"]',
    '{"a":["a","a"],"b":["a:"]}',
    '{"a":"b\\":1,\\"a","b":2}',
    '{"a":"\\",\\"a\\":\\""}',
    '{"a":"\\\\\\",\\"a\\":1","b":1}',
    '{"A":1,"a":2}',
    '{"é":1,"e\\u0301":2}',
    '{"a":1,"a ":2}',
    '{"toString":1,"constructor":2,"hasOwnProperty":3}',
    '{"a":"{\\"b\\":1","c":"}","b":2}',
    '[":",":"]',
  ])('finds none in %s', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(hasDuplicateKeys(text)).toBe(false);
  });
});
