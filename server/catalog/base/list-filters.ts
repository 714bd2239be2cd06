/** Filters common to lists of repositories and tags. */
export interface ListFilters {
  /** `linux/arm64`. */
  readonly platform?: string | undefined;
  /** `helm`; of a repository: some image in it is of this kind. */
  readonly kind?: string | undefined;
  /** Epoch milliseconds; compared with the time of the push, else of the build, else 0. */
  readonly pushedBefore?: number | undefined;
  readonly pushedAfter?: number | undefined;
  readonly atLeastBytes?: number | undefined;
  readonly atMostBytes?: number | undefined;
  readonly neverPulled?: boolean | undefined;
}

export interface Comparison {
  readonly of: 'age' | 'size' | 'pulled';
  readonly operator: '<' | '<=' | '=' | '>=';
  readonly value: number;
}

/** Numeric filters; each list maps them to its columns. */
export function comparisons(filters: ListFilters): readonly Comparison[] {
  const { pushedBefore, pushedAfter, atLeastBytes, atMostBytes, neverPulled } = filters;
  const found: Comparison[] = [];
  if (pushedBefore !== undefined) found.push({ of: 'age', operator: '<', value: pushedBefore });
  if (pushedAfter !== undefined) found.push({ of: 'age', operator: '>=', value: pushedAfter });
  if (atLeastBytes !== undefined) found.push({ of: 'size', operator: '>=', value: atLeastBytes });
  if (atMostBytes !== undefined) found.push({ of: 'size', operator: '<=', value: atMostBytes });
  if (neverPulled === true) found.push({ of: 'pulled', operator: '=', value: 0 });
  return found;
}
