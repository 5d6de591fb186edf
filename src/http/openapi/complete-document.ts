import type {
  MediaTypeObject,
  OpenAPIObject,
  OperationObject,
  ParameterObject,
  ReferenceObject,
  RequestBodyObject,
  ResponseObject,
  SchemaObject,
} from '@nestjs/swagger';
import { problemResponses } from './problem-response';

type Schema = SchemaObject | ReferenceObject;
type Schemas = Readonly<Record<string, Schema>>;

/** Responses of every path, by their names in `components`. */
const COMMON_RESPONSES = {
  RequestTimeout: problemResponses(['request-timeout'])[408],
  HeadersTooLarge: problemResponses(['headers-too-large'])[431],
  InternalError: problemResponses(['internal-error'])[500],
} as Record<string, ResponseObject>;
const COMMON_STATUSES = { 408: 'RequestTimeout', 431: 'HeadersTooLarge', 500: 'InternalError' };

const REQUEST_ID_HEADER = {
  description: 'Identifies this request in the logs; the value that the caller sent, if it is well-formed',
  required: true,
  schema: { type: 'string' as const, pattern: '^[A-Za-z0-9._-]{1,64}$' },
  example: '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e',
};

/** Adds what applies to every route, and an example of every JSON body, composed from its properties. */
export function completeDocument(scanned: OpenAPIObject): OpenAPIObject {
  const document = structuredClone(scanned); // routes share parts of the document
  const components = (document.components ??= {});
  components.headers = { ...components.headers, RequestId: REQUEST_ID_HEADER };
  components.responses = { ...components.responses, ...structuredClone(COMMON_RESPONSES) };
  for (const response of Object.values(components.responses)) addRequestId(response as ResponseObject);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item as Record<string, OperationObject>)) {
      completeOperation(operation, path, components.schemas ?? {});
    }
  }
  return document;
}

function completeOperation(operation: OperationObject, path: string, schemas: Schemas): void {
  // Nest can only write one empty requirement for a public route; an empty list is the plain form of "none".
  if (operation.security?.every((requirement) => Object.keys(requirement).length === 0))
    operation.security = [];
  if (operation.requestBody) completeRequest(operation.requestBody as RequestBodyObject, schemas);
  for (const each of Object.values(operation.responses)) {
    const response = each as ResponseObject;
    addRequestId(response);
    for (const media of Object.values(response.content ?? {})) {
      addExample(media, schemas);
      addInstance(media, addressOf(path, operation));
    }
  }
  for (const [status, name] of Object.entries(COMMON_STATUSES)) {
    operation.responses[status] ??= { $ref: `#/components/responses/${name}` };
  }
}

function completeRequest({ content, required }: RequestBodyObject, schemas: Schemas): void {
  for (const media of Object.values(content)) {
    addExample(media, schemas);
    if (required === false) putEmptyExampleFirst(media);
  }
}

function addRequestId(response: ResponseObject): void {
  response.headers = { ...response.headers, 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
}

function addExample(media: MediaTypeObject, schemas: Schemas): void {
  const { schema } = media;
  if (!schema || media.example !== undefined || media.examples) return;
  const alternatives = 'oneOf' in schema ? (schema.oneOf ?? []) : [];
  if (alternatives.length === 0) {
    media.example = exampleOf(schema, schemas);
  } else {
    media.examples = Object.fromEntries(
      alternatives.map((each) => [nameOf(each), { value: exampleOf(each, schemas) }]),
    );
  }
}

/** Swagger UI and Postman fill in the first example: an optional member there, such as a password, would make the request fail. */
function putEmptyExampleFirst(media: MediaTypeObject): void {
  const { example: everything } = media as { example: unknown };
  delete media.example;
  media.examples = {
    nothing: { summary: 'Nothing', value: {} },
    everything: { summary: 'Everything', value: everything },
  };
}

/** The example of a schema: its own, or one composed of its parts; null if it has none and null is allowed. */
function exampleOf(schema: Schema, schemas: Schemas): unknown {
  if ('$ref' in schema) return exampleOf(schemas[nameOf(schema)] ?? {}, schemas);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf?.[0]) return exampleOf(schema.allOf[0], schemas);
  return exampleOfType(schema, schemas);
}

function exampleOfType({ type, items, properties = {} }: SchemaObject, schemas: Schemas): unknown {
  if ([type].flat().includes('null')) return null;
  if (type === 'array' && items) return [exampleOf(items, schemas)];
  if (type !== 'object') return undefined;
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, exampleOf(property, schemas)]),
  );
}

function nameOf(reference: Schema): string {
  return '$ref' in reference ? (reference.$ref.split('/').at(-1) ?? '') : '';
}

/** The path with the examples of its parameters. */
function addressOf(path: string, { parameters = [] }: OperationObject): string {
  return path.replaceAll(/\{(\w+)\}/g, (placeholder, name) => {
    const parameter = parameters.find((each) => 'name' in each && each.name === name) as
      ParameterObject | undefined;
    const example: unknown = (parameter?.schema as SchemaObject | undefined)?.example;
    return typeof example === 'string' ? example : placeholder;
  });
}

/** Sets `instance` of example problems to the path. */
function addInstance({ examples = {} }: MediaTypeObject, path: string): void {
  for (const example of Object.values(examples)) {
    if ('value' in example && isProblem(example.value)) example.value.instance = path;
  }
}

function isProblem(value: unknown): value is { instance: string } {
  return typeof value === 'object' && value !== null && 'request_id' in value;
}
