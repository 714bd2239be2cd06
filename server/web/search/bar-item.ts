/** Exactly one of `href`, `fill`, `copy` and `form` is there. */
export interface BarItem {
  readonly label: string;
  /** On a line of its own below: what tells one name from another. */
  readonly facts?: string;
  /** In faint behind it. */
  readonly detail?: string;
  readonly icon: string;
  readonly tone?: 'red';
  readonly href?: string;
  /** Goes into the box, and the box goes on. */
  readonly fill?: string;
  readonly copy?: string;
  /** Changes something: is posted, with the token of the page. */
  readonly form?: { readonly action: string; readonly fields: Readonly<Record<string, string>> };
  /** What the browser may remember: references and searches. */
  readonly recent?: string;
}
