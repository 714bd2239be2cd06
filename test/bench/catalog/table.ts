/** The lines of the table: what was measured, what was to be reached. */

export interface Line {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly isMet: boolean;
}

export function show({ what, measured, goal, isMet }: Line): void {
  console.log(`${isMet ? '  met  ' : 'MISSED '} ${what}: ${measured} (goal ${goal})`);
}

export function note(text: string): void {
  console.log(`         ${text}`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
