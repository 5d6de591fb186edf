/**
 * Imported before everything else: packages imported later fail on an old Node.js with obscure errors. Keep it free of imports.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isTooOld = major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 13);

if (isTooOld) {
  process.stderr.write(
    `This is Node.js ${process.versions.node}. The service needs Node.js 24 (recommended), or 20.19, 22.13 or newer.\n`,
  );
  process.exit(1);
}
