import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ENTRY, LOADED_BY_NODE, OWN_LOADER } from './own-files.mjs';
import { LOADER } from './packages.mjs';

/**
 * Lets compiled files name the service's own files with their extension, and take packages from the loader: `require("pg")` becomes
 * `require("../bundle/load.cjs")("pg")`. Packages of this repository that are TypeScript are compiled with the service, and
 * taken from the same build. Where a program begins, the service's own files come from their loader in the same way.
 */
export function packageRequires(ts, root) {
  const own = workspaceModules(root);
  return (context) => (source) => {
    const { factory } = context;
    const pathTo = (file) => {
      const path = relative(dirname(source.fileName), join(root, file));
      return factory.createStringLiteral(path.startsWith('.') ? path : `./${path}`);
    };
    const call = (callee, ...values) => factory.createCallExpression(callee, undefined, values);
    const load = (loader = LOADER) => call(factory.createIdentifier('require'), pathTo(loader));
    // The script that the service's own files are joined in knows no import().
    const later = (expression) =>
      call(
        factory.createPropertyAccessExpression(
          call(factory.createPropertyAccessExpression(factory.createIdentifier('Promise'), 'resolve')),
          'then',
        ),
        factory.createArrowFunction(undefined, undefined, [], undefined, undefined, expression),
      );
    const isEntry = ENTRY.test(relative(root, source.fileName));
    const visit = (node) => {
      if (isOfPackage(ts, node)) {
        const file = own.get(node.arguments[0].text);
        if (file !== undefined) {
          const required = call(factory.createIdentifier('require'), pathTo(file));
          return node.expression.kind === ts.SyntaxKind.ImportKeyword ? later(required) : required;
        }
        if (node.expression.kind !== ts.SyntaxKind.ImportKeyword) return call(load(), ...node.arguments);
        return call(factory.createPropertyAccessExpression(load(), 'load'), ...node.arguments);
      }
      const file = fileOf(ts, node, source.fileName);
      if (file !== undefined) {
        const path = relative(root, join(dirname(source.fileName), file));
        return isEntry && !LOADED_BY_NODE.test(path)
          ? call(load(OWN_LOADER), factory.createStringLiteral(path))
          : call(node.expression, factory.createStringLiteral(file));
      }
      return ts.visitEachChild(node, visit, context);
    };
    return ts.visitNode(source, visit);
  };
}

/** The compiled file of each name that a workspace package exports, where that is TypeScript. */
function workspaceModules(root) {
  const modules = new Map();
  for (const folder of readJson(join(root, 'package.json')).workspaces) {
    const manifest = join(root, folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, exports } = readJson(manifest);
    for (const [subpath, file] of Object.entries(exports)) {
      if (String(file).endsWith('.ts'))
        modules.set(join(name, subpath), join(folder, file.replace(/\.ts$/, '.js')));
    }
  }
  return modules;
}

/** The name with its extension in `require("./name")` of a file of ours: Node tries without and each other one before. */
function fileOf(ts, node, from) {
  if (!ts.isCallExpression(node) || node.arguments.length !== 1 || node.expression.text !== 'require') return;
  const [name] = node.arguments;
  if (!ts.isStringLiteral(name) || !name.text.startsWith('.')) return;
  const file = ['.js', '/index.js'].find((end) =>
    existsSync(join(dirname(from), name.text + end.replace('.js', '.ts'))),
  );
  return file && name.text + file;
}

/** `require("name")` or `import("name")` of neither a file nor a part of Node. */
function isOfPackage(ts, node) {
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return false;
  const [name] = node.arguments;
  const { expression } = node;
  const loads = expression.kind === ts.SyntaxKind.ImportKeyword || expression.text === 'require';
  return loads && ts.isStringLiteral(name) && !name.text.startsWith('.') && !isBuiltin(name.text);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
