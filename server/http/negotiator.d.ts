/** What we use of it; its published types are of a version without the order among equals. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { readonly headers: Readonly<Record<string, string | undefined>> });
    /** Best first. @param options.preferred Order of those that the client likes as much as each other. */
    encodings<Name extends string>(
      available: readonly Name[],
      options: { readonly preferred: readonly Name[] },
    ): Name[];
    /** All that the client reads, best first. */
    languages(): string[];
  }
}
