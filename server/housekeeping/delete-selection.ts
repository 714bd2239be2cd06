/** Deletes several tags and manifests of one repository: each with its own result, all with one undo. */
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { unneededAfter } from './closure.ts';
import type { ImageDeletion, ImageRequest } from './delete-image.ts';
import { type LiveManifestNeeds, type ReadingClient, readLiveManifestNeeds } from './live-manifest-needs.ts';
import { conflict } from './removal.ts';
import type { ChosenTag, Selection } from './selection-plan.ts';

export interface SelectionRequest extends Selection {
  readonly repository: string;
  /** Also delete manifests that nothing needs once the tags are gone. */
  readonly alsoUnneeded: boolean;
  /** Do not delete a tag whose manifest has to stay. */
  readonly isStrict?: boolean;
  readonly actor: string;
}

export interface DeletedItem {
  /** undefined: selected by digest. */
  readonly tag: string | undefined;
  readonly digest: string;
  /** Why it was not deleted; undefined: it was, and the registry confirmed it. */
  readonly error: AppError | undefined;
  /** The tag was pushed again during the deletion: it exists, with other content. */
  readonly pushedAgain: boolean;
}

export interface SelectionResult {
  readonly items: readonly DeletedItem[];
  /** Deleted manifests, including those that only the selected ones needed. */
  readonly manifests: readonly string[];
  /** Trash ID for undoing all of it; undefined: nothing was deleted. */
  readonly undoId: number | undefined;
}

export interface DeleteSelectionDeps {
  readonly db: Database;
  readonly client: ReadingClient;
  readonly image: ImageDeletion;
  readonly log: Logger;
}

export function createDeleteSelection({ db, client, image, log }: DeleteSelectionDeps) {
  return async (request: SelectionRequest): Promise<SelectionResult> => {
    const { repository, actor, tags, digests, alsoUnneeded } = request;
    const roots = [...new Set([...tags.map((tag) => tag.digest), ...digests])];
    const takesManifests = alsoUnneeded || digests.length > 0;
    const around = takesManifests ? await readLiveManifestNeeds(db, client, repository, roots) : undefined;
    const run = createRun({ repository, actor, image });
    const unneeded = new Set(around === undefined ? [] : unneededAfter(around, namesOf(tags)));
    for (const digest of roots) {
      const names = tags.filter((tag) => tag.digest === digest).map(({ name }) => name);
      if (names.length === 0) await run.manifest(digest, unneeded.has(digest));
      else if (alsoUnneeded && unneeded.has(digest)) await run.whole(digest, names);
      else if (request.isStrict === true && around !== undefined)
        run.refuse(digest, names, whyNeeded(digest, around, names));
      else await run.onlyTags(digest, names);
    }
    if (around !== undefined) await takeRest(around, run, { ...request, roots }, log);
    return run.result();
  };
}

function whyNeeded(digest: string, { tags }: LiveManifestNeeds, names: readonly string[]): AppError {
  const others = tags.flatMap((tag) => (tag.digest === digest && !names.includes(tag.name) ? [tag.name] : [])).sort();
  if (others.length === 0) {
    return conflict('manifestInIndex', 'This manifest belongs to a multi-platform image and stays.');
  }
  const text = others.join(', ');
  return conflict('manifestShared', `Other tags point to this manifest (${text}); it stays.`, { tags: text });
}

const namesOf = (tags: readonly ChosenTag[]) => new Set(tags.map(({ name }) => name));

/** Deletes what only the deleted manifests needed. */
async function takeRest(
  around: LiveManifestNeeds,
  run: Run,
  { tags, roots }: SelectionRequest & { readonly roots: readonly string[] },
  log: Logger,
): Promise<void> {
  const gone = run.goneManifests();
  const stay = roots.filter((digest) => !gone.has(digest));
  const removed = namesOf(tags.filter(({ digest }) => gone.has(digest)));
  const rest = unneededAfter({ ...around, neededOutside: new Set([...around.neededOutside, ...stay]) }, removed);
  for (const digest of rest) {
    if (gone.has(digest)) continue;
    const names = around.tags.filter((tag) => tag.digest === digest).map(({ name }) => name);
    try {
      await run.part(digest, names, rootOf(digest, around, gone));
    } catch (error) {
      // It remains as an untagged manifest, which can be deleted later.
      log.warn({ digest, error }, 'a manifest that nothing needs could not be deleted');
    }
  }
}

/** A deleted manifest that needed it. */
function rootOf(digest: string, { needs }: LiveManifestNeeds, gone: ReadonlyMap<string, number>): number | undefined {
  const seen = new Set([digest]);
  for (const each of seen) {
    const found = gone.get(each);
    if (found !== undefined) return found;
    for (const { from, to } of needs) if (to === each) seen.add(from);
  }
  return undefined;
}

type Run = ReturnType<typeof createRun>;

function createRun(options: { repository: string; actor: string; image: ImageDeletion }) {
  const { repository, actor, image } = options;
  const items: DeletedItem[] = [];
  /** Digest → trash ID. */
  const manifests = new Map<string, number>();
  const parts: string[] = [];
  let batchId: number | undefined;

  const about = (digest: string): ImageRequest => ({ repository, digest, actor, batchId });
  const note = (trashId: number): number => {
    batchId ??= trashId;
    return trashId;
  };

  /** Refused items get their error in the result; an unexpected error ends the run. */
  async function attempt(names: readonly (string | undefined)[], digest: string, work: () => Promise<boolean>) {
    try {
      const pushedAgain = await work();
      for (const tag of names) items.push({ tag, digest, error: undefined, pushedAgain });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const tag of names) items.push({ tag, digest, error, pushedAgain: false });
    }
  }

  return {
    async onlyTags(digest: string, names: readonly string[]): Promise<void> {
      let trashId: number | undefined;
      for (const name of names) {
        await attempt([name], digest, async () => {
          const done = await image.deleteTag({ ...about(digest), tag: name, trashId });
          trashId = note(done.trashId);
          return done.pushedAgain;
        });
      }
    },
    refuse(digest: string, names: readonly string[], error: AppError): void {
      for (const tag of names) items.push({ tag, digest, error, pushedAgain: false });
    },
    whole: (digest: string, names: readonly string[]) =>
      attempt(names, digest, async () => {
        const done = await image.deleteWhole({ ...about(digest), tags: names });
        manifests.set(digest, note(done.trashId));
        return done.pushedAgain;
      }),
    manifest: (digest: string, isUnneeded: boolean) =>
      attempt([undefined], digest, async () => {
        if (!isUnneeded) throw conflict('manifestNeeded', 'A tag, an index or an image still needs this manifest.');
        manifests.set(digest, note(await image.deleteManifest({ ...about(digest), tags: [] })));
        return false;
      }),
    async part(digest: string, tags: readonly string[], partOf: number | undefined): Promise<void> {
      await image.deleteManifest({ ...about(digest), tags, partOf });
      parts.push(digest);
    },
    goneManifests: (): ReadonlyMap<string, number> => manifests,
    result: (): SelectionResult => ({ items, manifests: [...manifests.keys(), ...parts], undoId: batchId }),
  };
}
