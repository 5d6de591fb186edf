import { delimiter, dirname } from 'node:path';

const { TEST_NODE, PATH: path = '' } = process.env;

/** The Node.js that the programs under test run on: that of the tests, unless TEST_NODE names another. */
export const NODE = TEST_NODE ?? process.execPath;

/** A PATH on which `node` is that one. */
export const PATH = TEST_NODE === undefined ? path : [dirname(TEST_NODE), path].join(delimiter);

/** Further ones that the service has to run on: those of TEST_OTHER_NODES, paths as in a PATH. */
export const OTHER_NODES = (process.env.TEST_OTHER_NODES ?? '').split(delimiter).filter(Boolean);
