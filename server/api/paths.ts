import { AppError } from '../errors.ts';

export interface PathPattern {
  readonly names: readonly string[];
  readonly match: (path: string) => readonly string[] | undefined;
}

// Repository names contain slashes but no `/-/`, which separates the name from the rest of the path.
const REPOSITORY = '((?:(?!/-(?:/|$)).)+)';
const SEGMENT = '([^/]+)';

/** Compiles `/repositories/{repository}/-/tags/{tag}`. Slashes in a name may be written as `/` or `%2F`. */
export function pathPattern(path: string): PathPattern {
  const names: string[] = [];
  const source = path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return part.replace(/[.\\+*?^$()[\]{}|]/g, '\\$&');
    names.push(name);
    return name === 'repository' ? REPOSITORY : SEGMENT;
  });
  const pattern = new RegExp(`^${source.join('')}$`);
  return { names, match: (text) => pattern.exec(text)?.slice(1) };
}

/** @throws {AppError} INVALID for an invalid %-escape. */
export function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AppError('INVALID', 'The address contains a % that is no escape. Write %25 for a percent sign.');
  }
}

/** A repeated parameter becomes a list, which only list schemas accept. */
export function queryOf(search: string): Readonly<Record<string, string | readonly string[]>> {
  const params = new URLSearchParams(search);
  const query: Record<string, string | readonly string[]> = Object.create(null);
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}
