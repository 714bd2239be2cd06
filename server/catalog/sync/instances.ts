import type { Settings } from '../../storage/settings.ts';

const KEY = 'catalog.instances';
const MAX_KEPT = 20;

/** The registry's processes we have heard of. Each start makes a new id, and events that waited in the old process are lost. */
export function createInstances(settings: Settings) {
  let known: string[] | undefined;
  return {
    /** True once for each id, except for the very first: the crawl at our own start covers that. */
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
