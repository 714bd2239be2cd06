import { z } from 'zod';
import type { Access } from '../../access/engine.ts';
import { ANONYMOUS } from '../../access/rights.ts';
import type { ArtifactDocument } from '../../artifacts/document.ts';
import type { Images } from '../../catalog/images/images.ts';
import { type Description, type Descriptions, MAX_BYTES } from '../../catalog/lists/descriptions.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { Documents } from '../../catalog/manifests/documents.ts';
import { type DescriptionUseCases, requireEdit } from '../../catalog/use-cases/descriptions.ts';
import { AppError } from '../../errors.ts';
import { type MarkdownPart, markdownParts } from '../parts/markdown.ts';
import { mayPush } from '../parts/push-right.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import { actorOf } from '../shell/viewer.ts';
import { annotationFacts, repositoryFacts } from './about-facts.ts';
import {
  type RepositoryHeadDeps,
  readOwnHead,
  readSaid,
  repositoryFrame,
  tabName,
  tabPath,
} from './repository-head.ts';

export interface AboutTabDeps extends RepositoryHeadDeps {
  readonly descriptions: Pick<Descriptions, 'find'>;
  readonly describing: DescriptionUseCases;
  readonly images: Pick<Images, 'partsOf'>;
  readonly documents: Pick<Documents, 'stored'>;
  readonly access: Pick<Access, 'rightsOf'>;
}

export interface Editor {
  readonly action: string;
  readonly cancelHref: string;
  readonly text: string;
  readonly version: number;
  readonly mostBytes: number;
  readonly error: string | undefined;
}

/** Source of the description: people, a chart's README, an annotation of the newest image, none. */
type Origin = 'written' | 'readme' | 'annotation' | 'none';

interface Words {
  readonly origin: Origin;
  readonly text: string;
}

const TOP_LEVEL = 3;

export async function showAbout(deps: AboutTabDeps, page: Page, repository: RepositoryRow): Promise<void> {
  const said = await readSaid(deps, repository);
  const { written, about } = said;
  const words = await wordsOf(deps, repository, written, about?.description ?? '');
  const everybody = await deps.access.rightsOf(ANONYMOUS);
  await page.render('repositories/repository-about', {
    ...repositoryFrame(page, repository, tabName('about', page)),
    head: await readOwnHead(deps, page, { repository, tab: 'about', said }),
    origin: words.origin,
    parts: markdownParts(words.text, TOP_LEVEL),
    note: originNote(words.origin, repository, page),
    edited: words.origin === 'written' ? written : undefined,
    editor: mayPush(page, repository.name) ? editorOf(page, repository, written) : null,
    facts: repositoryFacts(repository, everybody, page),
    annotations: annotationFacts(about, page),
  });
}

async function wordsOf(
  deps: AboutTabDeps,
  repository: RepositoryRow,
  written: Description | undefined,
  annotation: string,
): Promise<Words> {
  if (written !== undefined && written.text.trim() !== '') return { origin: 'written', text: written.text };
  const readme = await chartReadme(deps, repository);
  if (readme !== '') return { origin: 'readme', text: readme };
  return annotation === '' ? { origin: 'none', text: '' } : { origin: 'annotation', text: annotation };
}

/** README of the newest chart, if it was read before: this page sends no request to the registry. */
async function chartReadme({ images, documents }: AboutTabDeps, repository: RepositoryRow): Promise<string> {
  const { newestDigest, kinds } = repository;
  if (newestDigest === null || !kinds.includes('helm')) return '';
  const parts = (await images.partsOf(repository.name, [newestDigest])).get(newestDigest) ?? [];
  const found = [...(await documents.stored(repository.name, parts)).values()].find(
    (document) => document.kind === 'chart',
  );
  return readmeOf(found);
}

function readmeOf(document: ArtifactDocument | undefined): string {
  return document?.kind === 'chart' ? (document.readme?.text ?? '') : '';
}

function originNote(origin: Origin, { newestTag }: RepositoryRow, { t }: Pick<Page, 't'>): string {
  const tag = newestTag ?? '';
  if (origin === 'readme') return t('repositories:about.from_readme', { tag });
  return origin === 'annotation' ? t('repositories:about.from_annotation', { tag }) : '';
}

function editorOf(page: Page, { name }: RepositoryRow, written: Description | undefined): Editor {
  return {
    action: page.url(`${tabPath(name, 'about')}/edit`),
    cancelHref: page.url(tabPath(name, 'about')),
    text: written?.text ?? '',
    version: written?.version ?? 0,
    mostBytes: MAX_BYTES,
    error: undefined,
  };
}

/** The form on a page of its own. */
export async function showEditor(deps: AboutTabDeps, page: Page, repository: RepositoryRow): Promise<void> {
  requireEdit(actorOf(page), repository.name);
  const written = await deps.descriptions.find(repository.name);
  await renderEditor(deps, page, repository, {
    editor: editorOf(page, repository, written),
    preview: [],
    theirs: null,
  });
}

interface EditorState {
  readonly editor: Editor;
  readonly preview: readonly MarkdownPart[];
  /** What somebody else saved meanwhile. */
  readonly theirs: Description | null;
}

async function renderEditor(
  deps: AboutTabDeps,
  page: Page,
  repository: RepositoryRow,
  state: EditorState,
  status = 200,
): Promise<void> {
  // No live updates while the text is edited.
  const { live: _, ...frame } = repositoryFrame(page, repository, tabName('about', page));
  const model = {
    ...frame,
    head: await readOwnHead(deps, page, { repository, tab: 'about' }),
    ...state,
  };
  await page.render('repositories/repository-description', model, status);
}

const schema = z.strictObject({
  text: z.string(),
  version: z.coerce.number().int().min(0),
  do: z.enum(['save', 'preview']).default('save'),
});

/** Saves, or draws what it would look like. */
export async function saveDescription(deps: AboutTabDeps, page: Page, repository: RepositoryRow): Promise<void> {
  requireEdit(actorOf(page), repository.name);
  const form = page.parseForm(schema);
  if (!form.ok) throw new AppError('INVALID', 'This form is not complete.', { key: 'form.invalid' });
  const { text, version } = form.values;
  const editor = { ...editorOf(page, repository, undefined), text, version };
  if (form.values.do === 'preview') {
    await renderEditor(deps, page, repository, { editor, preview: markdownParts(text, TOP_LEVEL), theirs: null });
    return;
  }
  const errors = await tryWrite(deps, page, repository, { text, version });
  if (errors === undefined) page.redirect(tabPath(repository.name, 'about'), { key: 'repositories:about.saved' });
  else await showAgain(deps, page, repository, { editor, errors });
}

/** @returns undefined when it was saved. */
async function tryWrite(
  { describing }: AboutTabDeps,
  page: Page,
  { name }: RepositoryRow,
  edit: { readonly text: string; readonly version: number },
): Promise<FieldErrors | undefined> {
  try {
    await describing.edit(actorOf(page), { repository: name, ...edit });
    return undefined;
  } catch (error) {
    return page.fieldErrors(error);
  }
}

interface Refused {
  readonly editor: Editor;
  readonly errors: FieldErrors;
}

/** Shows the form again with the typed text. On a conflict the other text is shown too, and saving again overwrites it. */
async function showAgain(
  deps: AboutTabDeps,
  page: Page,
  repository: RepositoryRow,
  { editor, errors }: Refused,
): Promise<void> {
  const now = await deps.descriptions.find(repository.name);
  const isConflict = (now?.version ?? 0) !== editor.version;
  const state = {
    editor: { ...editor, version: now?.version ?? 0, error: Object.values(errors)[0] },
    preview: [],
    theirs: isConflict ? (now ?? null) : null,
  };
  await renderEditor(deps, page, repository, state, isConflict ? 409 : 422);
}
