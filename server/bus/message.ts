/** What structured cloning and JSON carry unchanged: every message can be sent to another thread or process. */
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [field: string]: Plain };

/** The compiler refuses a message that holds anything else: a date, a function, a field that may be undefined. */
type PlainOnly<M extends Plain> = M;

export type Message = PlainOnly<
  /** The index of this repository changed. */
  | { readonly kind: 'repository-changed'; readonly repository: string }
  /** The repository was read from the registry because somebody has it open, whether it had changed or not. */
  | { readonly kind: 'repository-read'; readonly repository: string }
  /** The registry was asked for its catalog, because it sends no events. */
  | { readonly kind: 'catalog-read' }
  /**
   * The state that every page shows changed: a crawl began or ended, the registry went down or came back, the index is
   * held, events stopped or came again, a status check failed or is good again.
   */
  | { readonly kind: 'index-state-changed' }
  /** Events of the registry about these repositories were stored. */
  | { readonly kind: 'events-kept'; readonly repositories: readonly string[] }
  /** Token requests of these subjects were refused. */
  | { readonly kind: 'tokens-refused'; readonly subjects: readonly string[] }
  /** An entry was added to the audit log: somebody signed in, granted a role, deleted a tag. */
  | { readonly kind: 'audited'; readonly action: string }
  /** A token with push for this repository was issued. `at`: epoch milliseconds. */
  | { readonly kind: 'push-token-issued'; readonly repository: string; readonly at: number }
  /** The registry accepts our tokens, for the first time or again. */
  | { readonly kind: 'token-accepted' }
>;
export type MessageKind = Message['kind'];
export type MessageOf<K extends MessageKind> = Extract<Message, { readonly kind: K }>;

/** Every kind, for code that forwards all messages to another thread. */
export const MESSAGE_KINDS = [
  ...(['repository-changed', 'repository-read', 'catalog-read', 'index-state-changed', 'events-kept'] as const),
  ...(['tokens-refused', 'audited', 'push-token-issued', 'token-accepted'] as const),
] as const satisfies readonly MessageKind[];
