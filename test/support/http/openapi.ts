import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The committed document. */
export const SNAPSHOT = resolve(__dirname, '../../../openapi/openapi.json');

/** The parts of an OpenAPI document that the tests read. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Described>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

/** The parts of a schema that the tests read. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly example?: unknown;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
}

/** An operation, as far as the tests read it. */
export interface Operation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Described & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Described>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Described {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface MediaType {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** A body that the document describes. */
export interface DocumentedBody extends MediaType {
  /** Where it stands, such as `POST /auth/login 401 application/problem+json`. */
  readonly name: string;
  /** JSON Pointer of its schema. */
  readonly schemaPointer: string;
}

/** The committed document, parsed. */
export const document = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as OpenApiDocument;

const validator = closedValidator(document);
const compiled = new Map<string, ValidateFunction>();

/** Every request and response body of the document. */
export function documentedBodies(): DocumentedBody[] {
  return operations().flatMap(({ method, path, operation }) => {
    const name = `${method} ${path}`;
    const at = ['paths', path, method.toLowerCase()];
    return [
      ...bodiesOf(operation.requestBody, `${name} request`, [...at, 'requestBody']),
      ...Object.entries(operation.responses).flatMap(([status, response]) =>
        bodiesOf(response, `${name} ${status}`, [...at, 'responses', status]),
      ),
    ];
  });
}

/** Every operation of the document. */
export function operations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** The schema itself, where it is named by reference. */
export function resolvedSchema(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? schema);
}

/** What is wrong with a value under a schema of the document; undefined when nothing is. */
export function faultsOf(value: unknown, schemaPointer: string): string | undefined {
  let validate = compiled.get(schemaPointer);
  if (!validate) {
    validate = validator.compile({ $ref: `openapi#${schemaPointer}` });
    compiled.set(schemaPointer, validate);
  }
  return validate(value) ? undefined : validator.errorsText(validate.errors, { dataVar: 'body' });
}

/**
 * Expects an answer to be one that the document describes: its status, its media type, its headers, and a body with all
 * that is promised and nothing else.
 */
export function expectDocumented(
  method: string,
  path: string,
  answer: {
    readonly status: number;
    readonly headers: Headers;
    readonly body: unknown;
    readonly text?: string;
  },
): void {
  const where = `${method} ${path} ${answer.status}`;
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
  if (!response) throw new Error(`${where} is not documented`);
  const { headers = {}, content } = resolved(response);
  expect({ where, headers: Object.keys(headers).filter((name) => !answer.headers.has(name)) }).toEqual({
    where,
    headers: [],
  });
  if (!content) {
    expect({ where, body: answer.body }).toEqual({ where, body: undefined });
    return;
  }
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  expect({ where, types: Object.keys(content) }).toEqual({ where, types: [type] });
  const body = bodiesOf(response, where, [
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    `${answer.status}`,
  ]);
  const value = /[/+]json$/.test(type) ? answer.body : answer.text;
  expect({ where, faults: faultsOf(value, body[0]?.schemaPointer ?? '') }).toEqual({
    where,
    faults: undefined,
  });
}

function bodiesOf(described: Described | undefined, name: string, at: readonly string[]): DocumentedBody[] {
  if (!described) return [];
  const segments = described.$ref ? described.$ref.slice(2).split('/') : at;
  return Object.entries(resolved(described).content ?? {}).map(([type, media]) => ({
    ...media,
    name: `${name} ${type}`,
    schemaPointer: pointer([...segments, 'content', type, 'schema']),
  }));
}

function resolved(described: Described): Described {
  if (!described.$ref) return described;
  const response = document.components.responses[described.$ref.split('/').at(-1) ?? ''];
  if (!response) throw new Error(`${described.$ref} leads nowhere`);
  return response;
}

/** RFC 6901 section 6. */
function pointer(segments: readonly string[]): string {
  return segments
    .map((segment) => `/${encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}

/** Under the document's own schemas a client passes over unknown members; here they are faults. */
function closedValidator(open: OpenApiDocument): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats(ajv);
  ajv.addVocabulary(['components', 'paths', 'example']);
  ajv.addSchema({ $id: 'openapi', paths: closed(open.paths), components: closed(open.components) });
  return ajv;
}

function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)]));
  return copy.type === 'object' && copy.properties ? { additionalProperties: false, ...copy } : copy;
}
