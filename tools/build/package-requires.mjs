import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { LOADER } from './packages.mjs';

/** Lets compiled files take packages from the loader: `require("pg")` becomes `require("../bundle/load.cjs")("pg")`. */
export function packageRequires(ts, root) {
  return (context) => (source) => {
    const { factory } = context;
    const loader = relative(dirname(source.fileName), join(root, LOADER));
    const path = loader.startsWith('.') ? loader : `./${loader}`;
    const call = (callee, ...values) => factory.createCallExpression(callee, undefined, values);
    const load = () => call(factory.createIdentifier('require'), factory.createStringLiteral(path));
    const visit = (node) => {
      if (isOfPackage(ts, node)) {
        if (node.expression.kind !== ts.SyntaxKind.ImportKeyword) return call(load(), ...node.arguments);
        return call(factory.createPropertyAccessExpression(load(), 'load'), ...node.arguments);
      }
      return ts.visitEachChild(node, visit, context);
    };
    return ts.visitNode(source, visit);
  };
}

/** `require("name")` or `import("name")` of neither a file nor a part of Node. */
function isOfPackage(ts, node) {
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return false;
  const [name] = node.arguments;
  const { expression } = node;
  const loads = expression.kind === ts.SyntaxKind.ImportKeyword || expression.text === 'require';
  return loads && ts.isStringLiteral(name) && !name.text.startsWith('.') && !isBuiltin(name.text);
}
