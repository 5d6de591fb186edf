/**
 * Writes what the client kits know of the wire from the committed document.
 *
 *   node tools/client-types.mjs            writes the files
 *   node tools/client-types.mjs --check    compares them with the document
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const SCHEMAS = ['Membership', 'Domain', 'EffectiveDomain', 'UserContext'];
const FROM = 'openapi/openapi.json';
const { components } = JSON.parse(readFileSync(join(root, FROM), 'utf8'));

const FILES = {
  'packages/client/src/api-types.ts': typescript(),
  'clients/python/promptstack_auth/_api_types.py': python(),
};

const isCheck = process.argv.includes('--check');
for (const [path, text] of Object.entries(FILES)) {
  const file = join(root, path);
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${path} is not what ${FROM} says; "npm run openapi:write" makes it so\n`);
    process.exitCode = 1;
  }
}

function typescript() {
  const interfaces = SCHEMAS.map((name) => {
    const { description, properties, required } = schemaOf(name);
    const members = Object.entries(properties).map(
      ([member, schema]) =>
        `${docOf(schema.description, '  ')}  ${member}${required.includes(member) ? '' : '?'}: ${tsType(schema)};\n`,
    );
    return `${docOf(description, '')}export interface ${name} {\n${members.join('')}}\n`;
  });
  return `// Written from ${FROM} by tools/client-types.mjs.\n\n${interfaces.join('\n')}`;
}

function docOf(text = '', indent) {
  const lines = text.split('\n');
  if (lines.length === 1) return text === '' ? '' : `${indent}/** ${text} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function tsType({ $ref, type, items, enum: values, allOf }) {
  if ($ref) return nameOf($ref);
  if (allOf) return tsType(allOf[0]);
  if (values) return values.map((value) => `'${value}'`).join(' | ');
  if (Array.isArray(type)) return type.map((one) => tsType({ type: one, items })).join(' | ');
  return type === 'array' ? `${tsType(items)}[]` : type;
}

function python() {
  const classes = SCHEMAS.map((name) => {
    const { description, properties, required } = schemaOf(name);
    const members = Object.entries(properties)
      .sort(([one], [other]) => Number(required.includes(other)) - Number(required.includes(one)))
      .map(([member, schema]) => {
        const type = pyType(schema);
        return `    ${member}: ${required.includes(member) ? type : `${type} | None = None`}\n`;
      });
    const title = name === 'UserContext' ? 'User' : name;
    return `@dataclass(frozen=True)\nclass ${title}:\n    """${description}"""\n\n${members.join('')}`;
  });
  return `# Written from ${FROM} by tools/client-types.mjs.
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


${classes.join('\n\n')}`;
}

function pyType({ $ref, type, items, enum: values, allOf }) {
  if ($ref) return nameOf($ref);
  if (allOf) return pyType(allOf[0]);
  if (values) return `Literal[${values.map((value) => `"${value}"`).join(', ')}]`;
  if (Array.isArray(type)) return type.map((one) => pyType({ type: one, items })).join(' | ');
  const names = { string: 'str', boolean: 'bool', integer: 'int', number: 'float', null: 'None' };
  return type === 'array' ? `tuple[${pyType(items)}, ...]` : names[type];
}

function schemaOf(name) {
  return components.schemas[name];
}

function nameOf(ref) {
  return ref.slice(ref.lastIndexOf('/') + 1);
}
