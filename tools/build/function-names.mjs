/**
 * esbuild keeps the names of functions and classes by a call beside each of them, `__name(value, "name")`. Most are for
 * nothing: only what it had to rename has another name without. Inside of functions they are made again and again while
 * the service runs; all of them together were a tenth of what a request costs.
 */
const HELPER = '__name';

/**
 * A script of esbuild without the calls that change no name. Its lines stay where they are.
 *
 * @param {typeof import('typescript')} ts
 * @param {string} text
 */
export function withoutNeedlessNames(ts, text) {
  const options = {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  };
  const source = ts.createSourceFile('index.js', text, options, false, ts.ScriptKind.JS);
  /** @type {[number, number][]} */
  const cuts = [];
  const visitOf = (parent) => (node) => {
    if (isNaming(ts, node)) cuts.push(...needless(ts, node, parent));
    ts.forEachChild(node, visitOf(node));
  };
  ts.forEachChild(source, visitOf(source));
  return cut(
    text,
    cuts.sort(([a], [b]) => a - b),
  );
}

function isNaming(ts, node) {
  return ts.isCallExpression(node) && node.expression.text === HELPER && node.arguments.length === 2;
}

/** What can be cut of a call, if it changes nothing: all, where it is a statement, else what is around the value. */
function needless(ts, call, parent) {
  const [value, { text: name }] = call.arguments;
  if (ts.isExpressionStatement(parent))
    return ts.isIdentifier(value) && value.text === name
      ? [[parent.end - `${HELPER}(${name}, "${name}");`.length, parent.end]]
      : [];
  if (!isFunctionOrClass(ts, value) || (value.name?.text ?? nameFrom(ts, parent)) !== name) return [];
  return [
    [call.expression.end - HELPER.length, call.expression.end], // the parentheses stay: the value may need them
    [value.end, call.end - 1],
  ];
}

function isFunctionOrClass(ts, node) {
  return ts.isFunctionExpression(node) || ts.isArrowFunction(node) || ts.isClassExpression(node);
}

/** The name that JavaScript gives to a function without one that is the value of this. */
function nameFrom(ts, parent) {
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return textOf(ts, parent.name);
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken)
    return textOf(ts, parent.left);
  return undefined;
}

function textOf(ts, name) {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
}

function cut(text, cuts) {
  let kept = '';
  let at = 0;
  for (const [start, end] of cuts) {
    kept += text.slice(at, start);
    at = end;
  }
  return kept + text.slice(at);
}
