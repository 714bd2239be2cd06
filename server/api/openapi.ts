import { z } from 'zod';
import { type ExampleSource, exampleOf, type JsonSchema } from './example.ts';
import { pathPattern } from './paths.ts';
import { problemSchema } from './problem.ts';
import type { ApiRoute } from './route.ts';

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: OpenApiBody;
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiBody {
  readonly required: true;
  readonly content: NonNullable<OpenApiResponse['content']>;
}

export interface OpenApiResponse {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

export interface DocumentOptions {
  readonly routes: readonly ApiRoute[];
  /** With the base path: `/api/v1`. */
  readonly url: string;
  readonly version: string;
  readonly cookieName: string;
}

const SECURITY_NOTE =
  'What an answer shows depends on who asks: a repository that may not be pulled is the same as a missing one.';

/**
 * The OpenAPI 3.1 document, generated from the schemas that check requests.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openApiDocument({ routes, url, version, cookieName }: DocumentOptions): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {};
  const collect = (schema: z.ZodType): JsonSchema => collected(schema, schemas);
  collect(problemSchema);
  const operations = routes.map((one) => [one, operationOf(one, collect)] as const);
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [{ path, method }, operation] of operations) {
    const entry = paths[path] ?? {};
    entry[method.toLowerCase()] = withExamples(operation, schemas);
    paths[path] = entry;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Registry Web', version, description: SECURITY_NOTE },
    servers: [{ url }],
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    security: [{ basic: [] }, { session: [] }, {}],
    paths,
    components: {
      schemas,
      responses: { Problem: problemResponse(schemas) },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        session: { type: 'apiKey', in: 'cookie', name: cookieName },
      },
    },
  };
}

function problemResponse(schemas: Readonly<Record<string, JsonSchema>>): OpenApiResponse {
  const schema = { $ref: '#/components/schemas/Problem' };
  return {
    description: 'Why it did not work',
    content: { 'application/problem+json': { schema, example: exampleOf(schema, { schemas }) } },
  };
}

type Collect = (schema: z.ZodType) => JsonSchema;

function operationOf(one: ApiRoute, collect: Collect): OpenApiOperation {
  const { id, group, summary, description, path, params, query, status } = one;
  const inPath = pathPattern(path).names.map((name) => parameterOf('path', name, params, collect));
  const inQuery = Object.keys(query.shape).map((name) => parameterOf('query', name, query, collect));
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...inPath, ...inQuery],
    ...bodyOf(one, collect),
    responses: {
      [status]: { description: summary, ...linkHeader(one), content: contentOf(one, collect) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function bodyOf({ body }: ApiRoute, collect: Collect): Pick<OpenApiOperation, 'requestBody'> {
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: collect(body) } } } };
}

function linkHeader({ isList }: ApiRoute): Pick<OpenApiResponse, 'headers'> {
  if (!isList) return {};
  return {
    headers: {
      Link: {
        description: 'The next page, with rel="next", and the one before, with rel="prev".',
        schema: { type: 'string' },
      },
    },
  };
}

function contentOf({ response, hasCsv }: ApiRoute, collect: Collect): NonNullable<OpenApiResponse['content']> {
  if (response === 'bytes') return { '*/*': { schema: { type: 'string', format: 'binary' } } };
  const table = hasCsv ? { 'text/csv': { schema: { type: 'string' } } } : {};
  return { 'application/json': { schema: collect(response) }, ...table };
}

function parameterOf(place: 'path' | 'query', name: string, all: z.ZodObject, collect: Collect): OpenApiParameter {
  const field = all.shape[name];
  if (field === undefined) throw new Error(`The path parameter ${name} has no schema`);
  const { description, examples, ...schema } = collect(field as z.ZodType);
  const required = !(field as z.ZodType).safeParse(undefined).success;
  const [example] = examples ?? [];
  return {
    name,
    in: place,
    required: place === 'path' || required,
    ...(description === undefined ? {} : { description }),
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

/** Converts a schema to JSON Schema and moves named schemas to `schemas`. */
function collected(schema: z.ZodType, schemas: Record<string, JsonSchema>): JsonSchema {
  // Wrapped, because a named schema at the top would be inlined.
  const whole = z.toJSONSchema(z.object({ value: schema.optional() }), {
    override: ({ jsonSchema }) => tidy(jsonSchema),
  });
  const { properties, $defs = {} } = withOurReferences(whole);
  Object.assign(schemas, $defs);
  return properties?.value ?? {};
}

/** Removes what only our own checks need. */
function tidy(node: z.core.JSONSchema.BaseSchema): void {
  // Responses may get new fields later, so clients must not be told that there are no others.
  if (node.additionalProperties === false) delete node.additionalProperties;
  for (const bound of ['minimum', 'maximum'] as const) {
    if (Math.abs(node[bound] ?? 0) >= Number.MAX_SAFE_INTEGER) delete node[bound];
  }
  if (node.format !== undefined) delete node.pattern;
}

/** Rewrites references to the place of the schemas in the document. */
function withOurReferences(whole: object): JsonSchema & { readonly $defs?: Record<string, JsonSchema> } {
  return JSON.parse(JSON.stringify(whole), (key, value: unknown) =>
    key === '$ref' ? String(value).replace('#/$defs/', '#/components/schemas/') : value,
  );
}

function withExamples(operation: OpenApiOperation, schemas: ExampleSource['schemas']): OpenApiOperation {
  const responses = Object.entries(operation.responses).map(([status, response]) => {
    const json = response.content?.['application/json'];
    if (json === undefined) return [status, response];
    const example = exampleOf(json.schema, { schemas });
    return [status, { ...response, content: { ...response.content, 'application/json': { ...json, example } } }];
  });
  return { ...operation, ...bodyExample(operation, schemas), responses: Object.fromEntries(responses) };
}

function bodyExample(
  { requestBody }: OpenApiOperation,
  schemas: ExampleSource['schemas'],
): Pick<OpenApiOperation, 'requestBody'> {
  const json = requestBody?.content['application/json'];
  if (requestBody === undefined || json === undefined) return {};
  const example = exampleOf(json.schema, { schemas });
  return { requestBody: { ...requestBody, content: { 'application/json': { ...json, example } } } };
}
