/** What we use of it; this version, which Express has too, comes without types. */
declare module 'cookie' {
  /** The first value of each name. */
  export function parse(
    header: string,
    options: { readonly decode: (value: string) => string },
  ): Readonly<Record<string, string | undefined>>;
}
