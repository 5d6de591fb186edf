export { startTestDouble, type TestDouble, type TestDoubleOptions } from './test-double/start';
export type { Person } from './test-double/people';
export type { SignIn } from './test-double/state';
