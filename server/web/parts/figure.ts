/** A number with its name, as `.stats` shows them. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly href: string | null;
}
