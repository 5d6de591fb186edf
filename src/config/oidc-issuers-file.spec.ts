import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIssuersFile } from './oidc-issuers-file';

describe('the file of issuers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-issuers-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  function faultsOf(text: string): string[] {
    const path = join(directory, 'issuers.json');
    writeFileSync(path, text);
    const faults: string[] = [];
    readIssuersFile(path, faults);
    return faults;
  }

  it('is refused when an object names a member twice: JSON.parse keeps the last one without a word', () => {
    expect(
      faultsOf(
        '[{ "issuer": "https://idp.example", "audience": "app", "trust_email": false, "trust_email": true }]',
      ),
    ).toEqual(['AUTH_OIDC_ISSUERS_FILE names a member twice in an object']);
    expect(faultsOf('[{ "issuer": "https://idp.example", "audience": "app" }]')).toEqual([]);
  });
});
