import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { errorText } from '../errors.ts';
import type { ConfigKey } from './keys.ts';
import { suggestionFor } from './suggest.ts';

/** Values by key path (`registry.auth.key`); empty ones, which count as not given, are left out. */
export type FlatValues = ReadonlyMap<string, unknown>;

export interface Read {
  readonly values: FlatValues;
  readonly mistakes: readonly string[];
}

const NOTHING: FlatValues = new Map();

export interface ConfigFileOrigin {
  /** CONFIG_PATH names the file, so it has to exist. */
  readonly isNamed: boolean;
  /** In our image CONFIG_PATH is always set, so a missing file means that the operator's mount is wrong. */
  readonly isImage: boolean;
}

/** Reads the YAML file. A missing file counts as empty, unless its folder suggests that it was expected there. */
export function readConfigFile(file: string, origin: ConfigFileOrigin, keys: readonly ConfigKey[]): Read {
  try {
    if (!isThere(file)) return { values: NOTHING, mistakes: missingFile(file, origin) };
    const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true });
    const broken = document.errors.map((error) => `${file}: ${error.message.split('\n')[0]}`);
    return broken.length > 0 ? { values: NOTHING, mistakes: broken } : flatten(document.toJS(), file, keys);
  } catch (error) {
    return { values: NOTHING, mistakes: [unreadable(file, error)] };
  }
}

/** @throws when a folder on the path cannot be entered, so that it is unknown whether the file exists. */
function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function unreadable(file: string, error: unknown): string {
  const isForbidden = (error as { code?: string }).code === 'EACCES';
  const who = isForbidden ? ` by uid ${process.geteuid?.() ?? 0}` : '';
  return `${file} cannot be read${who}: ${errorText(error)}`;
}

function flatten(content: unknown, file: string, keys: readonly ConfigKey[]): Read {
  const values = new Map<string, unknown>();
  const mistakes: string[] = [];
  const known = new Map(keys.map((key) => [key.path, key]));

  function visit(value: unknown, path: string): void {
    if (value === null || value === undefined || value === '') return;
    if (known.has(path)) {
      values.set(path, value);
    } else if (!isSection(path, keys)) {
      mistakes.push(`${path}: unknown key in ${file}${suggestionFor(path, [...known.keys()])}`);
    } else if (typeof value !== 'object' || Array.isArray(value)) {
      mistakes.push(`${path || file}: must be a section with keys below it`);
    } else {
      for (const [name, below] of Object.entries(value)) visit(below, path === '' ? name : `${path}.${name}`);
    }
  }

  visit(content, '');
  return { values, mistakes };
}

function isSection(path: string, keys: readonly ConfigKey[]): boolean {
  return path === '' || keys.some((key) => key.path.startsWith(`${path}.`));
}

/** A folder with keys but without config.yml was mounted one level off. Starting our own registry would hide that. */
function missingFile(file: string, { isNamed, isImage }: ConfigFileOrigin): readonly string[] {
  const folder = dirname(file);
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const nested = entries.find((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, basename(file))));
  const key = entries.find((entry) => /\.(key|pem)$/.test(entry.name));
  if (nested !== undefined) {
    return [
      `${file} does not exist, but ${join(folder, nested.name, basename(file))} does: mount that folder as ${folder}`,
    ];
  }
  if (isImage) return [`${file} does not exist. ${mountHint(folder, basename(file), entries)}`];
  if (isNamed) return [`${file} does not exist: CONFIG_PATH names it`];
  if (key === undefined) return [];
  return [
    `${file} does not exist, although ${join(folder, key.name)} does: put config.yml beside it, or set CONFIG_PATH`,
  ];
}

const MAX_NAMES_SHOWN = 5;

function mountHint(folder: string, name: string, entries: readonly { readonly name: string }[]): string {
  const names = entries.map((entry) => entry.name);
  const more = names.length > MAX_NAMES_SHOWN ? ' …' : '';
  const content = names.length === 0 ? 'is empty' : `holds ${names.slice(0, MAX_NAMES_SHOWN).join(', ')}${more}`;
  return (
    `What is mounted as ${folder} ${content}: put ${name} into that folder on the host, ` +
    `mount the folder that has it (-v /path/on/the/host:${folder}:ro), or remove the mount to start without settings of your own`
  );
}
