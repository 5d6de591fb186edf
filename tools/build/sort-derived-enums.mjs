/**
 * The Swagger plugin writes the members of `'ok' | 'error'` in the order in which TypeScript met those texts anywhere in
 * the program, which depends on what else is compiled. Sorted, the OpenAPI document is the same however it was built.
 */
export function sortDerivedEnums(ts, context, source) {
  const { factory } = context;
  const visit = (node) => {
    if (isDerivedEnum(ts, node)) {
      const { elements } = node.initializer;
      const sorted = [...elements].sort((one, other) => (one.text < other.text ? -1 : 1));
      return factory.updatePropertyAssignment(node, node.name, factory.createArrayLiteralExpression(sorted));
    }
    return ts.visitEachChild(node, visit, context);
  };
  return ts.visitNode(source, (file) =>
    ts.visitEachChild(
      file,
      (statement) =>
        ts.isClassDeclaration(statement)
          ? ts.visitEachChild(
              statement,
              (member) => (isFactory(ts, member) ? ts.visitEachChild(member, visit, context) : member),
              context,
            )
          : statement,
      context,
    ),
  );
}

/** The method that the plugin adds to a class. */
function isFactory(ts, member) {
  return ts.isMethodDeclaration(member) && member.name.text === '_OPENAPI_METADATA_FACTORY';
}

function isDerivedEnum(ts, node) {
  return (
    ts.isPropertyAssignment(node) &&
    node.name.text === 'enum' &&
    ts.isArrayLiteralExpression(node.initializer) &&
    // What somebody wrote has a place in a file, and keeps its order.
    node.initializer.elements.every((element) => ts.isStringLiteral(element) && element.pos < 0)
  );
}
