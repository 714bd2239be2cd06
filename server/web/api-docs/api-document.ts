/** Makes an OpenAPI document readable: types as words, nested fields as a flat list. */
/** The parts of an OpenAPI document that the page uses. */
export interface ApiDocument {
  readonly info: { readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, ApiSchema>>;
  };
}

export interface ApiOperation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly ApiParameter[];
  readonly requestBody?: ApiResponse;
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

interface ApiResponse {
  readonly content?: Readonly<Record<string, { readonly schema: ApiSchema; readonly example?: unknown }>>;
}

export interface ApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: ApiSchema;
  readonly example?: unknown;
}

export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly additionalProperties?: ApiSchema;
  readonly items?: ApiSchema;
  readonly anyOf?: readonly ApiSchema[];
}

/** A piece of a sentence; text between backquotes is code. */
export interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

/** One line of a schema, indented by its depth. */
export interface FieldCells {
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  /** The anchor of a named schema; '' for other types. */
  readonly href: string;
  readonly description: readonly Piece[];
}

export function piecesOf(text: string): readonly Piece[] {
  const pieces = text.split('`').map((piece, index) => ({ text: piece, isCode: index % 2 === 1 }));
  return pieces.filter((piece) => piece.text !== '');
}

export function typeText(schema: ApiSchema): string {
  if (schema.$ref !== undefined) return refName(schema.$ref);
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' | ');
  if (schema.items !== undefined) return `${typeText(schema.items)}[]`;
  if (schema.additionalProperties !== undefined) return `{ [name]: ${typeText(schema.additionalProperties)} }`;
  const type = typeof schema.type === 'string' ? schema.type : (schema.type ?? []).join(' | ');
  return `${schema.format ?? type}${rangeText(schema)}`;
}

function rangeText({ minimum, maximum, maxLength }: ApiSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}…${maximum}`;
  return maxLength === undefined ? '' : ` ≤ ${maxLength}`;
}

export const refName = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);
const MAX_DEPTH = 4;

/** The fields of an object, each followed by its nested fields; named schemas are linked instead. */
export function fieldsOf(schema: ApiSchema, depth = 0): readonly FieldCells[] {
  if (depth > MAX_DEPTH) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => [
    field(name, one, depth),
    ...fieldsOf(innerOf(one), depth + 1),
  ]);
}

/** The schema of a list's items, or of the value that may also be null. */
function innerOf(schema: ApiSchema): ApiSchema {
  const inner = schema.items ?? schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  return inner.items ?? inner;
}

function field(name: string, schema: ApiSchema, depth: number): FieldCells {
  const { $ref } = innerOf(schema);
  const href = $ref === undefined ? '' : `#schema-${refName($ref)}`;
  return { name, depth, type: typeText(schema), href, description: piecesOf(schema.description ?? '') };
}
