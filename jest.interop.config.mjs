import config from './jest.config.mjs';

/** Libraries, generators, proxies and servers of others, with packages of their own in `test/interop/`. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/interop/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
