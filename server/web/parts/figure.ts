/** A number with its label, shown by `.stats`. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly href: string | null;
}
