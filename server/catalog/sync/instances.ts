import type { Settings } from '../../storage/settings.ts';

const KEY = 'catalog.instances';
const MAX_KEPT = 20;

/**
 * Instance IDs of registry processes that sent events. Each start of a registry creates a new ID, and events queued in
 * the old process are lost.
 */
export function createInstances(settings: Settings) {
  let known: string[] | undefined;
  return {
    /** True once for each ID, except for the very first: the crawl at our own start covers that. */
    async isNew(instanceId: string): Promise<boolean> {
      if (instanceId === '') return false;
      known ??= parseIds(await settings.get(KEY));
      if (known.includes(instanceId)) return false;
      const isFirst = known.length === 0;
      known = [...known, instanceId].slice(-MAX_KEPT);
      await settings.set(KEY, JSON.stringify(known));
      return !isFirst;
    },
  };
}

function parseIds(text: string | undefined): string[] {
  const value: unknown = JSON.parse(text ?? '[]');
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : [];
}
