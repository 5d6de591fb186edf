#!/usr/bin/env bash
# The compiler plugin of @nestjs/swagger 12.0.2 (TypeScript 6.0.3) on a property `status: 'ok' | 'error'`. The `enum` that it writes
# comes in the order of TypeScript's type ids: the order in which the program met the texts anywhere. A file that does not
# touch the DTO, and only says 'error' before, turns the list round; so do an incremental build and another order of files.
#
# Seen: enum: ["ok", "error"] alone, enum: ["error", "ok"] behind the other file.
# What follows: our build sorts such lists, so that the OpenAPI document is that of the code alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/swagger@12.0.2 @nestjs/common@12.5.1 @nestjs/core@12.5.1 \
  reflect-metadata@0.2.2 rxjs@7.8.2 typescript@6.0.3
echo "export const first = 'error';" >another.ts
echo "export class Health { status: 'ok' | 'error'; }" >health.dto.ts
cat >compile.cjs <<'JS'
const ts = require('typescript');
const plugin = require('@nestjs/swagger/plugin');
const options = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.CommonJS,
  experimentalDecorators: true,
  types: [],
};
for (const files of [['health.dto.ts'], ['another.ts', 'health.dto.ts']]) {
  const program = ts.createProgram(files, options);
  for (const file of files) program.getSemanticDiagnostics(program.getSourceFile(file));
  let output = '';
  program.emit(program.getSourceFile('health.dto.ts'), (_name, text) => (output += text), undefined, false, {
    before: [plugin.before({}, program)],
  });
  console.log(files.join(', '), /enum: (\[[^\]]*\])/.exec(output)?.[1]);
}
JS
seen=$(node compile.cjs)
echo "$seen"
[[ "$seen" == $'health.dto.ts ["ok", "error"]\nanother.ts, health.dto.ts ["error", "ok"]' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
