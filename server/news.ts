/** What happened a moment ago in this process, for whoever shows it: parts that must not know each other meet here. */
export type News =
  /** The registry reported what happened in these repositories. */
  | { readonly kind: 'events'; readonly repositories: readonly string[] }
  /** The registry came or went, or a crawl began or ended. */
  | { readonly kind: 'index' }
  /** Token requests of these subjects were refused. */
  | { readonly kind: 'refusals'; readonly subjects: readonly string[] }
  /** Somebody did something here: signed in, gave a right, deleted a tag. */
  | { readonly kind: 'audit'; readonly action: string };

type Listener = (news: News) => void;

export function createNewsDesk() {
  const listeners = new Set<Listener>();
  return {
    tell(news: News): void {
      for (const listener of listeners) listener(news);
    },
    /** @returns what ends it. */
    subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
export type NewsDesk = ReturnType<typeof createNewsDesk>;
