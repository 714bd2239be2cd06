/** What lists of repositories and lists of tags can both be filtered by. */
export interface ListFilters {
  /** `linux/arm64`. */
  readonly platform?: string | undefined;
  /** `helm`; of a repository: some image in it is of this kind. */
  readonly kind?: string | undefined;
  /** Epoch milliseconds; by the push, else by the build, else long ago. */
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

/** The filters about numbers: each list knows its own columns for them. */
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
