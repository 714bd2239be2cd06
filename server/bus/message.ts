/** What structured cloning and JSON carry unchanged: every message can go to another thread or another process. */
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [field: string]: Plain };

/** The compiler refuses a message that holds anything else: a date, a function, a field that may be undefined. */
type PlainOnly<M extends Plain> = M;

export type Message = PlainOnly<
  /** The index has something else about this repository than before. */
  | { readonly kind: 'repository-changed'; readonly repository: string }
  /** It was read from the registry because somebody opened it here, whether it had changed or not. */
  | { readonly kind: 'repository-read'; readonly repository: string }
  /** Where no events come: the registry was asked which repositories it has. */
  | { readonly kind: 'catalog-read' }
  /**
   * What every page says of the index and the registry is different: a crawl began or ended, the registry came or went,
   * the index is held, events come again or no longer, a status check failed or is good again.
   */
  | { readonly kind: 'index-state-changed' }
  /** Events of the registry about these repositories were stored. */
  | { readonly kind: 'events-kept'; readonly repositories: readonly string[] }
  /** Token requests of these subjects were refused. */
  | { readonly kind: 'tokens-refused'; readonly subjects: readonly string[] }
  /** Somebody did something here, and it is in the audit: signed in, gave a right, deleted a tag. */
  | { readonly kind: 'audited'; readonly action: string }
  /** Somebody may push there now. `at`: epoch milliseconds. */
  | { readonly kind: 'push-token-issued'; readonly repository: string; readonly at: number }
  /** The registry takes our tokens, for the first time or again. */
  | { readonly kind: 'token-accepted' }
>;
export type MessageKind = Message['kind'];
export type MessageOf<K extends MessageKind> = Extract<Message, { readonly kind: K }>;

/** All of them, for who passes them on. */
export const MESSAGE_KINDS = [
  ...(['repository-changed', 'repository-read', 'catalog-read', 'index-state-changed', 'events-kept'] as const),
  ...(['tokens-refused', 'audited', 'push-token-issued', 'token-accepted'] as const),
] as const satisfies readonly MessageKind[];
