/** What the benchmark and the process with the tabs tell each other. */

export interface TabPlan {
  readonly path: string;
  /** Index into the people. */
  readonly person: number;
}

export interface TabsPlan {
  readonly port: number;
  /** Cookie headers. */
  readonly people: readonly string[];
  readonly tabs: readonly TabPlan[];
}

export type Told =
  | { readonly kind: 'open'; readonly plan: TabsPlan }
  /** Is about to be pushed to: these tabs have to show it. */
  | { readonly kind: 'push'; readonly repository: string; readonly tabs: readonly number[] }
  | { readonly kind: 'report' };

export interface TabsReport {
  /** For each push the tabs that came to show it, and when: milliseconds from the push. */
  readonly shown: readonly (readonly { readonly tab: number; readonly afterMs: number }[])[];
  /** For each push the tabs that showed the repository before: they cannot tell. */
  readonly before: readonly (readonly number[])[];
  readonly problems: readonly string[];
  /** Of the tabs, after they were opened. */
  readonly requests: number;
  readonly notModified: number;
  /** Changes that came with the stream. */
  readonly changes: number;
  readonly megabytes: number;
  /** Of the process with the tabs. */
  readonly cpuMs: number;
}
