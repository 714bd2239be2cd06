/**
 * Commands that people copy. For a page:
 *
 *   copyBox(page, { name, tag, digest, kind })   → views/parts/copy-box.ejs     { copy: CopyBox }
 *   copyLine(page, { name, tag, digest, kind })  → a button with `data-copy`, as in views/search/search.ejs
 *
 * `page` is the request's `Page`; `kind` a `ManifestKind` or the `kindOfAll` of a repository's kinds. Give both tag
 * and digest where they are known: readers choose. The partial needs nothing else of the page.
 * The row menu of views/repositories/repository.ejs uses a `copyPattern`.
 */

import { hostName, isLoopbackName } from '../../config/host-name.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import { type CopyKind, FORMS, type Form, TOOLS_OF, type Tool } from '../shell/copy-choice.ts';
import type { Page } from '../shell/page.ts';
import { artifactKind } from './artifact-kinds.ts';

export interface CopyTarget {
  /** `team/app`. */
  readonly name: string;
  readonly tag?: string | null | undefined;
  /** `sha256:…`. */
  readonly digest?: string | null | undefined;
  readonly kind: ManifestKind;
  readonly artifactType?: string | null | undefined;
}

export interface CopyLine {
  /** Identifies the copied object: choosing another tool replaces the box with the same key. */
  readonly key: string;
  /** The name of the program. */
  readonly tool: string;
  readonly command: string;
}

export interface CopyBox extends CopyLine {
  readonly kind: CopyKind;
  readonly tools: readonly CopyOption[];
  /** By tag, digest or both; empty when there is only one form. */
  readonly forms: readonly CopyOption[];
  /** What has to be set up before the command works; '' for nothing. */
  readonly note: string;
}

export interface CopyOption {
  readonly value: string;
  readonly label: string;
  /** The reference in this form, for example `app:v1`. */
  readonly example: string;
  readonly isChosen: boolean;
}

type CopyPage = Pick<Page, 't' | 'copy'>;

/** The pull command in the tool and form that the reader chose last; in a usable one where those do not apply. */
export function copyLine(page: CopyPage, target: CopyTarget): CopyLine {
  const { host, isPlainHttp, choice } = page.copy;
  const tool = usableTool(choice.tools[copyKind(target.kind)], target);
  const command = pullCommand({ ...target, host, isPlainHttp, tool, form: usableForm(choice.form, target) });
  return { key: keyOf(target), tool: toolLabel(tool, target), command };
}

/** Placeholders: no name in a registry contains these texts, and no shell requires quotes for them. */
const PLACEHOLDERS: readonly (readonly [string, string])[] = [
  ['__TAG__', '{tag}'],
  ['++TAG++', '{version}'],
  ['sha256:__DIGEST__', '{digest}'],
];

/** The command for all tags of one kind, with `{tag}`, `{digest}` and, for Helm, `{version}` to be filled in. */
export function copyPattern(page: CopyPage, target: Pick<CopyTarget, 'name' | 'kind' | 'artifactType'>): CopyLine {
  const line = copyLine(page, { ...target, tag: '__TAG__', digest: 'sha256:__DIGEST__' });
  return { ...line, command: PLACEHOLDERS.reduce((text, [from, to]) => text.replaceAll(from, to), line.command) };
}

export function copyBox(page: CopyPage, target: CopyTarget): CopyBox {
  const kind = copyKind(target.kind);
  const line = copyLine(page, target);
  return {
    ...line,
    kind,
    tools: toolOptions(page, target),
    forms: formOptions(page, target),
    note: note(page, line),
  };
}

/** For commands about a repository: `helm` when it has charts only, `artifact` when it has no image, else `image`. */
export function kindOfAll(kinds: readonly string[]): ManifestKind {
  if (kinds.length === 0) return 'image';
  if (kinds.every((kind) => kind === 'helm')) return 'helm';
  return kinds.some((kind) => copyKind(kind) === 'image') ? 'image' : 'artifact';
}

function copyKind(kind: string): CopyKind {
  if (kind === 'helm') return 'chart';
  return kind === 'image' || kind === 'index' || kind === 'unknown' ? 'image' : 'artifact';
}

function keyOf({ name, tag, digest }: CopyTarget): string {
  return `${name}:${tag ?? ''}@${digest ?? ''}`;
}

function usableForms({ tag, digest }: CopyTarget): readonly Form[] {
  return FORMS.filter((form) => (form === 'digest' || Boolean(tag)) && (form === 'tag' || Boolean(digest)));
}

function usableForm(wished: Form, target: CopyTarget): Form {
  const usable = usableForms(target);
  return usable.includes(wished) ? wished : (usable[0] ?? 'tag');
}

function toolOptions({ copy: { choice } }: CopyPage, target: CopyTarget): readonly CopyOption[] {
  const kind = copyKind(target.kind);
  const chosen = usableTool(choice.tools[kind], target);
  const tools = TOOLS_OF[kind].filter((tool) => usableTool(tool, target) === tool);
  return tools.map((tool) => ({
    value: tool,
    label: toolLabel(tool, target),
    example: '',
    isChosen: tool === chosen,
  }));
}

/** The tool "artifact" exists only for known kinds; for others it would be oras again. */
function usableTool(tool: Tool, { artifactType }: CopyTarget): Tool {
  const own = artifactKind(artifactType)?.tool ?? 'oras';
  return tool === 'own' && own === 'oras' ? 'oras' : tool;
}

function toolLabel(tool: Tool, { artifactType }: CopyTarget): string {
  return tool === 'own' ? (artifactKind(artifactType)?.tool ?? 'oras') : tool;
}

function formOptions({ t, copy }: CopyPage, target: CopyTarget): readonly CopyOption[] {
  const usable = usableForms(target);
  if (usable.length < 2) return [];
  const chosen = usableForm(copy.choice.form, target);
  const texts: Record<Form, readonly [string, string]> = {
    tag: [t('parts:copy.form.tag'), `:${target.tag}`],
    both: [t('parts:copy.form.both'), `:${target.tag}@sha256:…`],
    digest: [t('parts:copy.form.digest'), '@sha256:…'],
  };
  return usable.map((form) => {
    const [label, example] = texts[form];
    return { value: form, label, example, isChosen: form === chosen };
  });
}

/** For plain HTTP some engines have no option in the command and need a setting on their machine. */
function note({ t, copy: { host, isPlainHttp } }: CopyPage, { tool }: CopyLine): string {
  if (!isPlainHttp || isLocal(host)) return '';
  if (tool === 'docker') return t('parts:copy.plain.docker', { host });
  return tool === 'kubernetes' ? t('parts:copy.plain.kubernetes', { host }) : '';
}

export interface PullFacts extends Pick<CopyTarget, 'name' | 'tag' | 'digest' | 'artifactType'> {
  readonly host: string;
  readonly isPlainHttp: boolean;
  readonly tool: Tool;
  readonly form: Form;
}

export function pullCommand(facts: PullFacts): string {
  const { host, name, tool } = facts;
  const image = quoted(`${host}/${name}${suffix(facts)}`);
  const flag = plainHttpFlag(facts);
  const lines: Record<Tool, () => string> = {
    docker: () => `docker pull ${image}`,
    podman: () => `podman pull ${flag}${image}`,
    nerdctl: () => `nerdctl ${flag}pull ${image}`,
    skopeo: () => skopeoCommand(facts, flag),
    kubernetes: () => `image: ${image}`,
    helm: () => helmCommand(facts, flag),
    oras: () => `oras pull ${flag}${image}`,
    own: () =>
      artifactKind(facts.artifactType)?.command({
        reference: image,
        isPlainHttp: facts.isPlainHttp && !isLocal(host),
      }) ?? pullCommand({ ...facts, tool: 'oras' }),
  };
  return lines[tool]();
}

function suffix({ tag, digest, form }: PullFacts): string {
  return `${form === 'digest' ? '' : `:${tag}`}${form === 'tag' ? '' : `@${digest}`}`;
}

/** skopeo does not accept a tag together with a digest: it fetches by digest, and the tag names the copy. */
function skopeoCommand(facts: PullFacts, flag: string): string {
  const { host, name, tag, form } = facts;
  const source = form === 'both' ? suffix({ ...facts, form: 'digest' }) : suffix(facts);
  const target = `${name.slice(name.lastIndexOf('/') + 1)}${form === 'digest' ? '' : `:${tag}`}`;
  return `skopeo copy ${flag}${quoted(`docker://${host}/${name}${source}`)} ${quoted(`oci:${target}`)}`;
}

/** The `+` of a version is `_` in its tag. With a digest, Helm verifies that the version still has it. */
function helmCommand({ host, name, tag, digest, form }: PullFacts, flag: string): string {
  const chart = quoted(`oci://${host}/${name}${form === 'tag' ? '' : `@${digest}`}`);
  const version = form === 'digest' ? '' : ` --version ${quoted((tag ?? '').replaceAll('_', '+'))}`;
  return `helm pull ${chart}${version}${flag}`;
}

/** podman and skopeo expect HTTPS also from localhost; the others use plain HTTP there. */
function plainHttpFlag({ host, isPlainHttp, tool }: PullFacts): string {
  if (!isPlainHttp) return '';
  if (tool === 'podman') return '--tls-verify=false ';
  if (tool === 'skopeo') return '--src-tls-verify=false ';
  if (isLocal(host)) return '';
  if (tool === 'nerdctl') return '--insecure-registry ';
  if (tool === 'helm') return ' --plain-http';
  return tool === 'oras' ? '--plain-http ' : '';
}

const isLocal = (host: string) => isLoopbackName(hostName(host));

/** Valid names need no quotes; anything else is quoted so that it cannot run as a command. */
function quoted(text: string): string {
  return /^[\w.:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The commands that push a first image into an empty registry; without `login` when nobody is signed in. */
export function pushLines(host: string, username: string | null): readonly string[] {
  return [
    `docker login ${username === null ? '' : `-u ${username} `}${host}`,
    `docker tag hello-world ${host}/hello-world`,
    `docker push ${host}/hello-world`,
  ];
}
