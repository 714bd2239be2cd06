/** Facts about a repository from its annotations and from the index, one per line. */

import { matchesGlob } from '../../access/glob.ts';
import type { Rights } from '../../access/rights.ts';
import type { RepositorySummary } from '../../catalog/images/repository-summary.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import { type Fact, present } from '../parts/facts.ts';
import { safeLink } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';

type FactsPage = Pick<Page, 't' | 'format'>;

/** Annotations of the newest image; links only where they are plain http or https. */
export function annotationFacts(about: RepositorySummary | undefined, { t }: Pick<Page, 't'>): readonly Fact[] {
  if (about === undefined) return [];
  const fact = (label: string, value: string): Fact => ({ label, value, isCode: false, link: safeLink(value) });
  return present([
    fact(t('repositories:about.title'), about.title),
    fact(t('repositories:about.source'), about.source),
    fact(t('repositories:about.documentation'), about.documentation),
    fact(t('repositories:about.url'), about.url),
    fact(t('repositories:about.licenses'), about.licenses),
    fact(t('repositories:about.vendor'), about.vendor),
    fact(t('repositories:about.authors'), about.authors),
    fact(t('repositories:about.version'), about.version),
  ]);
}

export function repositoryFacts(
  repository: RepositoryRow,
  everybody: Rights,
  page: FactsPage,
): readonly { readonly label: string; readonly value: string }[] {
  const { t, format } = page;
  const { lastPushedAt, lastPulledAt, lastPushedBy } = repository;
  const pushed = lastPushedAt === null ? t('parts:unknown') : format.relative(lastPushedAt);
  const by = lastPushedBy ? t('repositories:about.by', { when: pushed, who: lastPushedBy }) : pushed;
  return [
    { label: t('repositories:about.visible'), value: visibleTo(repository.name, everybody, page) },
    { label: t('repositories:about.first_seen'), value: format.dateTime(repository.firstSeenAt) },
    { label: t('parts:column.pushed'), value: by },
    {
      label: t('parts:column.last_pull'),
      value: lastPulledAt === null ? t('parts:never') : format.relative(lastPulledAt),
    },
    { label: t('parts:column.pulls'), value: format.number(repository.pullCount) },
    { label: t('parts:repository.tags'), value: countsText(repository, page) },
    { label: t('parts:column.size'), value: sizeText(repository, page) },
  ];
}

/** Whether anonymous users may pull, and from which addresses only. */
function visibleTo(name: string, everybody: Rights, { t }: FactsPage): string {
  const rules = everybody.rules.filter((rule) => rule.actions.has('pull') && matchesGlob(rule.repository, name));
  if (rules.length === 0) return t('repositories:about.visible_no');
  if (rules.some((rule) => rule.address.kind === 'any')) return t('repositories:about.visible_yes');
  const addresses = [...new Set(rules.map((rule) => rule.address.text))].join(t('activity:comma'));
  return t('repositories:about.visible_from', { addresses });
}

function countsText({ tagCount, imageCount }: RepositoryRow, { t, format }: FactsPage): string {
  const tags = t('parts:repository.tag_count', { count: tagCount, formatted: format.number(tagCount) });
  if (imageCount === 0 || imageCount === tagCount) return tags;
  return `${tags} · ${t('parts:repository.image_count', { count: imageCount, formatted: format.number(imageCount) })}`;
}

/** Unique bytes are summed in the background: 0 means that they are not known yet. */
function sizeText({ sizeBytes, uniqueBytes }: RepositoryRow, { t, format }: FactsPage): string {
  const size = format.bytes(sizeBytes);
  return uniqueBytes > 0 ? `${size} · ${t('parts:list.of_which_unique', { size: format.bytes(uniqueBytes) })}` : size;
}
