import { isPrivateHost } from './private-host';

describe('isPrivateHost', () => {
  it.each([
    'http://localhost:8080/userinfo',
    'https://idp.localhost./userinfo',
    'https://10.0.0.5/userinfo',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://172.31.255.255/',
    'https://192.168.1.1./',
    'https://192.0.0.170/',
    'https://198.18.0.1/',
    'https://255.255.255.255/',
    'https://[64:ff9b::10.0.0.1]/',
  ])('%s is', (url) => expect(isPrivateHost(url)).toBe(true));

  it.each([
    'https://idp.example/userinfo',
    'https://localhost.example/',
    'https://172.32.0.1/',
    'https://8.8.8.8/',
    'https://[2001:db8::1]/',
    'https://10.example/',
  ])('%s is not', (url) => expect(isPrivateHost(url)).toBe(false));
});
