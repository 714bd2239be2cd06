export function watch(): void;
export function drawn(): Promise<unknown>;
/** undefined where `watch` did not run. */
export function seenByTest(): string[] | undefined;
/** The sum of what moved. */
export function shiftByTest(): number;
export function pixelsTooWide(): number;
export function violations(tags: readonly string[]): Promise<string[]>;
export function linksAndView(): { view: string; links: string[] };
export function hasFocus(element: unknown): boolean;
export function hasFocusNearby(element: unknown): boolean;
export function showsFocus(element: unknown): boolean;
