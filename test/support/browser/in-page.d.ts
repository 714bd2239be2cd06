export function watch(): void;
export function drawn(): Promise<unknown>;
/** undefined where `watch` did not run. */
export function seenByTest(): string[] | undefined;
/** The sum of what moved. */
export function shiftByTest(): number;
export function pixelsTooWide(): number;
/** What stands outside of its box, wraps where a name does not, or shows a scrollbar between tabs. */
export function layoutProblems(): string[];
export function violations(tags: readonly string[]): Promise<string[]>;
export function linksAndView(): { view: string; links: string[] };
export function hasFocus(element: unknown): boolean;
export function hasFocusNearby(element: unknown): boolean;
export function isCut(element: unknown): boolean;
export function showsFocus(element: unknown): boolean;
