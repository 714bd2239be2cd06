/** What every benchmark prints: a line for each figure, with what was to be reached. */

export interface Line {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly isMet: boolean;
}

/** One that was missed makes the benchmark fail. */
export function show({ what, measured, goal, isMet }: Line): void {
  console.log(`${isMet ? '  met  ' : 'MISSED '} ${what}: ${measured} (goal ${goal})`);
  if (!isMet) process.exitCode = 1;
}

export function note(text: string): void {
  console.log(`         ${text}`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}
