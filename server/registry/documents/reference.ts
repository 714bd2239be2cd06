/**
 * The registry: the client of its HTTP API, the formats it stores, and the process in managed mode. Knows nothing of
 * users or pages; what is stored of its content belongs to `catalog/`.
 */
import { AppError } from '../../errors.ts';

export type Reference =
  | { readonly repository: string; readonly tag: string }
  | { readonly repository: string; readonly digest: string }
  | { readonly repository: string };

const MAX_NAME_LENGTH = 255;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** @see https://distribution.github.io/distribution/spec/api/#overview */
export function isRepositoryName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && text.split('/').every((component) => COMPONENT.test(component));
}

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** sha256 and sha512 only, the algorithms that the image specification registers. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** @throws {AppError} INVALID, field `repository`. */
export function parseRepositoryName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new AppError('INVALID', `“${text.slice(0, 80)}” is not a repository name such as team/app`, {
    key: 'repositoryName',
    params: { name: text.slice(0, 80) },
    field: 'repository',
  });
}

/** `team/app`, `team/app:v1`, `team/app@sha256:…`: what follows `/repositories/` in our addresses. `undefined`: none of these. */
export function parseReferencePath(path: string): Reference | undefined {
  const [, repository = '', mark, rest = ''] = /^([^:@]+)(?:([:@])(.+))?$/s.exec(path) ?? [];
  if (!isRepositoryName(repository)) return undefined;
  if (mark === ':') return isTag(rest) ? { repository, tag: rest } : undefined;
  if (mark === '@') return isDigest(rest) ? { repository, digest: rest } : undefined;
  return { repository };
}
