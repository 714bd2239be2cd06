/** The part of JSON Schema that our schemas use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

export interface ExampleSource {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

const MAX_DEPTH = 8;

/** A value that matches the schema: its example if it has one, else the simplest. */
export function exampleOf(schema: JsonSchema, source: ExampleSource, depth = 0): unknown {
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (depth > MAX_DEPTH) return null;
  const target = referenced(schema, source);
  if (target !== undefined) return exampleOf(target, source, depth + 1);
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice, source, depth + 1);
  return byType(schema, source, depth);
}

/** The schema that `$ref` refers to. */
export function referenced({ $ref }: JsonSchema, { schemas }: ExampleSource): JsonSchema | undefined {
  return $ref === undefined ? undefined : schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
}

function byType(schema: JsonSchema, source: ExampleSource, depth: number): unknown {
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {});
      return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, source, depth + 1)]));
    }
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(schema.items, source, depth + 1)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return schema.format === 'date-time' ? '2026-03-01T12:00:00.000Z' : '';
    default:
      return null;
  }
}
