import { isDigest, isTag } from '../documents/reference.ts';
import { listFolder, readFile } from './files.ts';
import { ALGORITHMS, revisionLink, revisionsFolder, tagLink, tagsFolder } from './layout.ts';

export interface DiskTag {
  readonly name: string;
  readonly digest: string;
}

/** The links of one repository. */
export interface RepositoryLinks {
  readonly tags: readonly DiskTag[];
  /** Digests of its manifests, tagged or not. */
  readonly revisions: readonly string[];
  /** Damaged links, as texts for the log. Such repositories are read from the registry instead. */
  readonly problems: readonly string[];
}

// More than `sha512:` and 128 digits.
const MAX_LINK_BYTES = 256;
const MAX_PROBLEMS = 20;
/** Limit for tags, and for manifests: the same as for lists from the registry. */
const MAX_ENTRIES = 500_000;

/**
 * Reads all tags and manifest links of a repository.
 * @throws errors of the file system when a folder cannot be read.
 */
export function readLinks(root: string, repository: string): RepositoryLinks {
  const problems: string[] = [];
  const report = (problem: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const revisions = ALGORITHMS.flatMap((algorithm) => readRevisions(root, repository, algorithm, report));
  const tags = readTags(root, repository, report);
  const present = new Set(revisions);
  for (const { name, digest } of tags) if (!present.has(digest)) report(`tag ${name} points to nothing`);
  return { tags, revisions, problems };
}

type Report = (problem: string) => void;

function readRevisions(root: string, repository: string, algorithm: string, report: Report): readonly string[] {
  const { folders = [], links = [] } = listFolder(revisionsFolder(root, repository, algorithm)) ?? {};
  for (const link of links) report(`manifest ${link} is a symbolic link`);
  return bounded(folders, report).flatMap((hex) => {
    const digest = `${algorithm}:${hex}`;
    if (!isDigest(digest)) {
      report(`${hex} is no digest`);
      return [];
    }
    const found = readLink(root, revisionLink(root, repository, digest));
    // Deleting a manifest removes the link and leaves its folder.
    if (found === undefined) return [];
    if (found !== digest) report(`the link of ${digest} is damaged`);
    return found === digest ? [digest] : [];
  });
}

function readTags(root: string, repository: string, report: Report): readonly DiskTag[] {
  const { folders = [], links = [] } = listFolder(tagsFolder(root, repository)) ?? {};
  for (const link of links) report(`tag ${link} is a symbolic link`);
  return bounded(folders, report).flatMap((name) => {
    const digest = isTag(name) ? readLink(root, tagLink(root, repository, name)) : undefined;
    if (digest !== undefined && digest !== '') return [{ name, digest }];
    report(`tag ${name.slice(0, 128)} has no link that can be read`);
    return [];
  });
}

function bounded(entries: readonly string[], report: Report): readonly string[] {
  if (entries.length > MAX_ENTRIES) report(`it has more than ${MAX_ENTRIES} entries`);
  return entries.slice(0, MAX_ENTRIES);
}

/** @returns undefined when it is missing; '' when it does not contain a digest. */
function readLink(root: string, path: string): string | undefined {
  const content = readFile(root, path, MAX_LINK_BYTES);
  if ('problem' in content) return content.problem === 'missing' ? undefined : '';
  const digest = content.bytes.toString('latin1').trim();
  return isDigest(digest) ? digest : '';
}
