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

export interface Followed {
  readonly tab: number;
  readonly names: readonly string[];
  /** Epoch milliseconds, with fractions. */
  readonly at: number;
}

export interface TabsReport {
  readonly followed: readonly Followed[];
  readonly problems: readonly string[];
  readonly requests: number;
  readonly notModified: number;
  readonly megabytes: number;
  /** Of the process with the tabs. */
  readonly cpuMs: number;
  /** What each tab shows in the end. */
  readonly shown: readonly string[];
}
