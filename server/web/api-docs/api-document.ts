/** Reads an OpenAPI document for people: types as words, fields one below the other. */
/** What this page reads of an OpenAPI document. */
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

/** A piece of a sentence; code stands between backticks in the document. */
export interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

/** One line of a schema; what stands inside another field is moved to the right by its depth. */
export interface FieldCells {
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  /** '' or the anchor of a schema with a name. */
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
const DEEPEST = 4;

/** The fields of an object, those of objects inside of it below each; named schemas are only pointed to. */
export function fieldsOf(schema: ApiSchema, depth = 0): readonly FieldCells[] {
  if (depth > DEEPEST) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => [
    field(name, one, depth),
    ...fieldsOf(innerOf(one), depth + 1),
  ]);
}

/** What a list holds, or what may also be null. */
function innerOf(schema: ApiSchema): ApiSchema {
  const inner = schema.items ?? schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  return inner.items ?? inner;
}

function field(name: string, schema: ApiSchema, depth: number): FieldCells {
  const { $ref } = innerOf(schema);
  const href = $ref === undefined ? '' : `#schema-${refName($ref)}`;
  return { name, depth, type: typeText(schema), href, description: piecesOf(schema.description ?? '') };
}
