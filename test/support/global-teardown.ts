import { removeRunFolder } from './process/run-folder';
import { dropTemplate } from './database/test-database';

export default async function teardown(): Promise<void> {
  const { testRun } = globalThis;
  try {
    await dropTemplate();
    await testRun?.server?.stop();
  } finally {
    if (testRun) removeRunFolder(testRun.folder);
  }
}
