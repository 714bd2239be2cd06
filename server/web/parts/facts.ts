/** A label and its value. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly isCode: boolean;
  readonly link: string | null;
}

/** Only the facts that have a value. */
export function present(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter((fact) => fact.value !== '');
}
