/** Reads the settings once, from file and environment; no other code reads either. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { StartError } from '../errors.ts';
import { configWarnings, contradictions, unreadableFiles, unwritableFolders } from './checks.ts';
import { type Config, configSchema, type GivenConfig } from './config.ts';
import { isImage } from './container.ts';
import { readEnvironment } from './environment.ts';
import { type FlatValues, readConfigFile } from './file.ts';
import { type ConfigKey, configKeys } from './keys.ts';
import { resolveConfig } from './resolve.ts';

export interface ConfigSource {
  /** Path of config.yml. It need not exist, unless CONFIG_PATH names it. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Listen on all addresses by default: loopback cannot be reached from outside a container. */
  readonly inContainer: boolean;
  /** Also check that our folders can be written. Default: false; only the server needs that. */
  readonly checksFolders?: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

/** @param projectFile Path in the checkout or image, used unless CONFIG_PATH names another file. */
export function configFile(env: ConfigSource['env'], projectFile: string): string {
  return resolve(env.CONFIG_PATH || projectFile);
}

/** @throws {StartError} with all mistakes at once, so that one restart fixes them all. */
export function loadConfig({ file, env, inContainer, checksFolders = false }: ConfigSource): LoadedConfig {
  const keys = configKeys();
  const fromFile = readConfigFile(file, { isNamed: (env.CONFIG_PATH ?? '') !== '', isImage: isImage(env) }, keys);
  const fromEnvironment = readEnvironment(env, keys);
  const values = new Map(
    [...fromFile.values, ...fromEnvironment.values].map(([path, value]) => [path, plain(path, value, keys)]),
  );
  const parsed = configSchema.safeParse(toTree(values));
  const issues = parsed.error?.issues ?? [];
  const mistakes = [
    ...fromFile.mistakes,
    ...fromEnvironment.mistakes,
    ...issues.map((issue) => describeIssue(issue, keys, fromEnvironment.values)),
  ];
  if (!parsed.success) throw new StartError(mistakes);
  const given = withPaths(parsed.data, values, file, keys);
  const { config, mistakes: conflicts } = resolveConfig(given, inContainer);
  const all = [
    ...mistakes,
    ...conflicts,
    ...contradictions(given),
    ...unreadableFiles(config, isImage(env)),
    ...(checksFolders ? unwritableFolders(config, isImage(env)) : []),
  ];
  if (all.length > 0) throw new StartError(all);
  const warnings = [...fromEnvironment.warnings, ...signInWarning(values), ...configWarnings(config)];
  return { config, warnings };
}

/** Converts texts to booleans and lists: environment variables are texts, and old files quote `"true"`. */
function plain(path: string, value: unknown, keys: readonly ConfigKey[]): unknown {
  const kind = keys.find((key) => key.path === path)?.kind;
  if (typeof value !== 'string') return value;
  if (kind === 'boolean' && /^(true|yes|on|1)$/i.test(value)) return true;
  if (kind === 'boolean' && /^(false|no|off|0)$/i.test(value)) return false;
  if (kind !== 'list') return value;
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

interface Tree {
  [name: string]: unknown;
}

function toTree(values: FlatValues): Tree {
  const tree: Tree = {};
  for (const [path, value] of values) setAt(tree, path.split('.'), value);
  return tree;
}

function setAt(tree: Tree, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const below = (tree[name] ?? {}) as Tree;
  tree[name] = below;
  setAt(below, rest, value);
}

function getAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Tree | null | undefined)?.[name], tree);
}

function describeIssue(issue: z.core.$ZodIssue, keys: readonly ConfigKey[], fromEnvironment: FlatValues): string {
  const key = keys.find(({ path }) => `${issue.path.join('.')}.`.startsWith(`${path}.`));
  const path = key?.path ?? issue.path.join('.');
  const origin = key !== undefined && fromEnvironment.has(path) ? ` (from ${key.environment})` : '';
  return `${path}: ${describeProblem(issue, key)}${origin}`;
}

const KIND_WORDS = { text: 'text', number: 'a whole number', boolean: 'true or false', list: 'a list' } as const;

function describeProblem(issue: z.core.$ZodIssue, key: ConfigKey | undefined): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'too_small')
    return issue.message.startsWith('must') ? issue.message : `must be at least ${issue.minimum}`;
  return `must be ${KIND_WORDS[key?.kind ?? 'text']}`;
}

/** Makes paths absolute. Defaults are relative to the file as well: `../data` is beside the folder of config.yml. */
function withPaths(config: GivenConfig, values: FlatValues, file: string, keys: readonly ConfigKey[]): GivenConfig {
  const tree = structuredClone(config) as unknown as Tree;
  for (const { path, file: isFile } of keys) {
    const value = getAt(tree, path.split('.'));
    // A program name without a slash is searched on the PATH.
    if (!isFile || typeof value !== 'string' || (path === 'registry.binary' && !value.includes('/'))) continue;
    setAt(tree, path.split('.'), locate(resolve(dirname(file), value), file, values.has(path)));
  }
  return tree as unknown as GivenConfig;
}

/** Guides write `/conf/auth.key`, the path inside a container, wherever config.yml is. */
function locate(path: string, file: string, given: boolean): string {
  if (!given || !/^\/conf(ig)?\/[^/]+$/.test(path) || existsSync(path)) return path;
  const beside = join(dirname(file), basename(path));
  return existsSync(beside) ? beside : path;
}

/** Earlier versions had no sign-in until `auth` was configured; an old file must not surprise its owner. */
function signInWarning(values: FlatValues): readonly string[] {
  const paths = [...values.keys()];
  if (!values.has('registry.url') || paths.some((path) => path.startsWith('registry.auth.'))) return [];
  return [
    'registry.auth is not configured: sign-in is on, and a signing key is created in the data folder. To open the pages to everybody without signing in, set registry.auth.enabled: false',
  ];
}
