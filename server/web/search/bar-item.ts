/** Exactly one of `href`, `fill`, `copy` and `form` is set. */
export interface BarItem {
  readonly label: string;
  /** Shown on a line below the name, to tell similar names apart. */
  readonly facts?: string;
  /** Shown faintly behind the name. */
  readonly detail?: string;
  readonly icon: string;
  readonly tone?: 'red';
  readonly href?: string;
  /** Replaces the text of the input, which then suggests again. */
  readonly fill?: string;
  readonly copy?: string;
  /** Posted with the CSRF token of the page: the item changes something. */
  readonly form?: { readonly action: string; readonly fields: Readonly<Record<string, string>> };
  /** Stored by the browser as a recent entry: a reference or a search. */
  readonly recent?: string;
}
