import { readFileSync } from 'node:fs';
import { errorText } from '../errors.ts';
import type { FlatValues } from './file.ts';
import type { ConfigKey } from './keys.ts';

export interface EnvironmentRead {
  readonly values: FlatValues;
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

// Variables of versions before 0.1.0 and their new names.
const RENAMED: Readonly<Record<string, string>> = {
  READONLY: 'REGISTRY_READONLY',
  TRUST_ANY_SSL: 'REGISTRY_TRUST_ANY_SSL',
  CONTEXT_PATH: 'SERVER_BASE_PATH',
  REGISTRY_AUTH: 'REGISTRY_BASIC_AUTH',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from the environment. Unknown variables are ignored. */
export function readEnvironment(env: Environment, keys: readonly ConfigKey[]): EnvironmentRead {
  const values = new Map<string, unknown>();
  const mistakes: string[] = [];
  const warnings = renamedNames(env);
  for (const key of keys) {
    const injected = injectedBy(key, env[key.environment]);
    if (injected !== undefined) warnings.push(`${key.environment} is ignored: ${injected}`);
    const text = injected === undefined ? (env[key.environment] ?? '') : '';
    const fromFile = key.secret ? (env[`${key.environment}_FILE`] ?? '') : '';
    if (text !== '' && fromFile !== '') {
      mistakes.push(`${key.path}: ${key.environment} and ${key.environment}_FILE are both set, keep one of them`);
    } else if (text !== '') {
      values.set(key.path, text);
    } else if (fromFile !== '') {
      readSecret(key, fromFile, values, mistakes);
    }
  }
  return { values, mistakes, warnings };
}

function readSecret(key: ConfigKey, file: string, values: Map<string, unknown>, mistakes: string[]): void {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') mistakes.push(`${key.path}: ${file}, which ${key.environment}_FILE names, is empty`);
    else values.set(key.path, text);
  } catch (error) {
    mistakes.push(`${key.path}: ${key.environment}_FILE cannot be read: ${errorText(error)}`);
  }
}

/** Recognises variables that container links or Kubernetes set for a container or service called `registry`. */
function injectedBy(key: ConfigKey, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (/^(tcp|udp|sctp):\/\//.test(value))
    return `“${value.slice(0, 80)}” comes from a container link or from Kubernetes`;
  if (key.path === 'registry.name' && value.startsWith('/'))
    return `“${value.slice(0, 80)}” comes from a container link`;
  return undefined;
}

function renamedNames(env: Environment): string[] {
  return Object.entries(RENAMED)
    .filter(([old]) => (env[old] ?? '') !== '')
    .map(([old, name]) => `${old} is not read: the setting is called ${name} now`);
}
