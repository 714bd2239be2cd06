import { parseLimitedJson } from './json-limits.ts';

type Json = Readonly<Record<string, unknown>>;

const LIMITS = { maxValues: 5000, maxDepth: 30 };

/**
 * Builds an image configuration from the history of a schema 1 manifest, as Docker does when it pulls one.
 * @param history From the top layer down, each entry with its configuration as text in `v1Compatibility`.
 * @returns JSON; undefined for an empty history.
 * @see https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-1.md
 */
export function schema1Config(history: readonly unknown[]): string | undefined {
  const entries = history.map(readEntry);
  const [top] = entries;
  if (top === undefined) return undefined;
  const { architecture, os, created, author, config } = top;
  const steps = entries.map(historyStep).reverse();
  return JSON.stringify({ architecture, os, created, author, config, history: steps });
}

function readEntry(entry: unknown): Json {
  const text = asJson(entry).v1Compatibility;
  if (typeof text !== 'string') return {};
  try {
    return asJson(parseLimitedJson(Buffer.from(text), LIMITS));
  } catch {
    return {};
  }
}

/** Every entry of schema 1 has a layer, so none is marked as empty. */
function historyStep({ created, author, comment, container_config: container }: Json) {
  const command = asJson(container).Cmd;
  const words = Array.isArray(command) ? command.filter((word) => typeof word === 'string') : [];
  return { created, author, comment, created_by: words.join(' ') };
}

function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
