import { configSchema } from './config.ts';

/** One setting of the schema. */
export interface ConfigKey {
  /** `registry.auth.key` */
  readonly path: string;
  /** `REGISTRY_AUTH_KEY` */
  readonly environment: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'list';
  readonly description: string;
  readonly defaultValue: unknown;
  /** May also be read from the file that `<environment>_FILE` names; never shown. */
  readonly secret: boolean;
  /** A path on this machine; relative ones are relative to the configuration file. */
  readonly file: boolean;
}

interface Node {
  readonly def: {
    readonly type: string;
    readonly innerType?: Node;
    readonly in?: Node;
    readonly defaultValue?: unknown;
  };
  readonly shape?: Readonly<Record<string, Node>>;
  readonly description?: string;
  meta(): { readonly secret?: boolean; readonly file?: boolean } | undefined;
}

/** All settings, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  return keysBelow(configSchema as unknown as Node, []);
}

function keysBelow(node: Node, path: readonly string[]): readonly ConfigKey[] {
  const shape = innermost(node).shape;
  if (shape === undefined) return [describeKey(node, path)];
  return Object.entries(shape).flatMap(([name, below]) => keysBelow(below, [...path, name]));
}

function describeKey(node: Node, path: readonly string[]): ConfigKey {
  const meta = node.meta();
  return {
    path: path.join('.'),
    environment: path.join('_').toUpperCase(),
    kind: kindOf(innermost(node).def.type),
    description: node.description ?? '',
    defaultValue: node.def.defaultValue,
    secret: meta?.secret === true,
    file: meta?.file === true,
  };
}

function innermost(node: Node): Node {
  const below = node.def.innerType ?? node.def.in;
  return below === undefined ? node : innermost(below);
}

function kindOf(type: string): ConfigKey['kind'] {
  if (type === 'boolean' || type === 'number') return type;
  return type === 'array' ? 'list' : 'text';
}
