/** A line of a list of facts. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly isCode: boolean;
  readonly link: string | null;
}

/** Without those that have nothing to say. */
export function present(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter((fact) => fact.value !== '');
}
