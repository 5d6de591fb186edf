import { parseEnv } from 'node:util';
import { parseEnvFile } from './env-file';

describe('a .env file', () => {
  it.each([
    ['plain assignments', 'A=1\nB = two words \nC=\nD=a=b\n'],
    ['comments and empty lines', '# all of it\n\n# more\nA=1 # one\nB= # nothing\nC=# nothing\n'],
    ['export', 'export A=1\nexport B="2"\n'],
    ['quotes', `A="x # y"\nB='x "y"'\nC=\`z\`\nD=it's\nE=""\n`],
    ['values over several lines', 'A="-----BEGIN\nabc=\n-----END"\nB=1\n'],
    ['line breaks written as \\n, in double quotes only', `A="x\\ny"\nB='x\\ny'\nC=x\\ny\n`],
    ['comments behind quotes', `A="x" # y\nB='x'\t#y\n`],
    ['no line break at the end', 'A=1'],
  ])('is read as Node.js reads it: %s', (_what, text) => {
    const { variables, faults, warnings } = parseEnvFile(text);
    expect(variables).toEqual({ ...parseEnv(text) });
    expect([...faults, ...warnings]).toEqual([]);
  });

  it('is read where Node.js reads something else: indented lines', () => {
    const text = ' # comment\n A=1\n  export  B=2\n\t# comment\nC=3\n';
    expect(parseEnv(text)).not.toMatchObject({ A: '1', B: '2' });
    expect(parseEnvFile(text)).toEqual({ variables: { A: '1', B: '2', C: '3' }, faults: [], warnings: [] });
  });

  it.each([
    ['\r\n', 'A=1\r\nB="x\r\ny"\r\n'],
    ['\r', 'A=1\rB="x\ry"\r'],
  ])('may have lines that end with %j', (_ending, text) => {
    expect(parseEnvFile(text)).toEqual({ variables: { A: '1', B: 'x\ny' }, faults: [], warnings: [] });
  });

  it.each([
    ['A', 'line 1 of .env is not NAME=value'],
    ['A: marked', 'line 1 of .env is not NAME=value'],
    ['\n\n[marked]', 'line 3 of .env is not NAME=value'],
    ['A="marked', 'line 1 of .env: A has a quote that is not closed'],
    [`A='marked' marked`, 'line 1 of .env: A goes on behind its closing quote'],
    ['A="mar\\"ked"', 'line 1 of .env: A goes on behind its closing quote'],
    ['A=mar#ked', 'line 1 of .env: A holds a #: put the value in quotes'],
    ['A=#marked', 'line 1 of .env: A holds a #: put the value in quotes'],
    ['A=mar#ked # comment', 'line 1 of .env: A holds a #: put the value in quotes'],
    ['A=“marked”', `line 1 of .env: A is in typographic quotes; write " or '`],
    [
      'A=marked\u2028B=2',
      'line 1 of .env: A holds a control character or a line separator: put the value in quotes',
    ],
    [
      'A=marked\u0085B=2',
      'line 1 of .env: A holds a control character or a line separator: put the value in quotes',
    ],
    [
      'A=marked\vB=2',
      'line 1 of .env: A holds a control character or a line separator: put the value in quotes',
    ],
  ])('loses nothing without a word: %j', (text, fault) => {
    const { faults } = parseEnvFile(text);
    expect(faults).toEqual([fault]);
    expect(faults.join()).not.toMatch(/marked|ked/);
  });

  it('goes on after a fault', () => {
    const { variables, faults } = parseEnvFile('A="open\nB=2\nnothing\nC=3');
    expect(variables).toEqual({ B: '2', C: '3' });
    expect(faults).toHaveLength(2);
  });

  it('says which of two values counts, and nothing when they are the same', () => {
    expect(parseEnvFile('A=1\nB=1\nA=marked\nB=1\nA=3')).toEqual({
      variables: { A: '3', B: '1' },
      faults: [],
      warnings: ['A stands in .env more than once (lines 1, 3, 5): the last one counts'],
    });
  });
});
