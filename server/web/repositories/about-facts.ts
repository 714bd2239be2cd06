/** What a repository says about itself, and what the index knows of it, as lines of facts. */

import { matchesGlob } from '../../access/glob.ts';
import type { Rights } from '../../access/rights.ts';
import type { About } from '../../catalog/images/repository-about.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import { type Fact, present } from '../parts/facts.ts';
import { safeLink } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';

type FactsPage = Pick<Page, 't' | 'format'>;

/** Annotations of the newest image; links only where they are plain http or https. */
export function annotationFacts(about: About | undefined, { t }: Pick<Page, 't'>): readonly Fact[] {
  if (about === undefined) return [];
  const fact = (label: string, value: string): Fact => ({ label, value, isCode: false, link: safeLink(value) });
  return present([
    fact(t('repository:about.title'), about.title),
    fact(t('repository:about.source'), about.source),
    fact(t('repository:about.documentation'), about.documentation),
    fact(t('repository:about.url'), about.url),
    fact(t('repository:about.licenses'), about.licenses),
    fact(t('repository:about.vendor'), about.vendor),
    fact(t('repository:about.authors'), about.authors),
    fact(t('repository:about.version'), about.version),
  ]);
}

export function repositoryFacts(
  repository: RepositoryRow,
  everybody: Rights,
  page: FactsPage,
): readonly { readonly label: string; readonly value: string }[] {
  const { t, format } = page;
  const { lastPushedAt, lastPulledAt, lastPushedBy } = repository;
  const pushed = lastPushedAt === null ? t('browse:unknown') : format.relative(lastPushedAt);
  const by = lastPushedBy ? t('repository:about.by', { when: pushed, who: lastPushedBy }) : pushed;
  return [
    { label: t('repository:about.visible'), value: visibleTo(repository.name, everybody, page) },
    { label: t('repository:about.first_seen'), value: format.dateTime(repository.firstSeenAt) },
    { label: t('browse:column.pushed'), value: by },
    {
      label: t('browse:column.last_pull'),
      value: lastPulledAt === null ? t('browse:never') : format.relative(lastPulledAt),
    },
    { label: t('browse:column.pulls'), value: format.number(repository.pullCount) },
    { label: t('browse:repository.tags'), value: countsText(repository, page) },
    { label: t('browse:column.size'), value: sizeText(repository, page) },
  ];
}

/** Rules may hold only for some addresses: then it is not simply public. */
function visibleTo(name: string, everybody: Rights, { t }: FactsPage): string {
  const rules = everybody.rules.filter((rule) => rule.actions.has('pull') && matchesGlob(rule.repository, name));
  if (rules.length === 0) return t('repository:about.visible_no');
  if (rules.some((rule) => rule.address.kind === 'any')) return t('repository:about.visible_yes');
  const addresses = [...new Set(rules.map((rule) => rule.address.text))].join(t('events:comma'));
  return t('repository:about.visible_from', { addresses });
}

function countsText({ tagCount, imageCount }: RepositoryRow, { t, format }: FactsPage): string {
  const tags = t('browse:repository.tag_count', { count: tagCount, formatted: format.number(tagCount) });
  if (imageCount === 0 || imageCount === tagCount) return tags;
  return `${tags} · ${t('browse:repository.image_count', { count: imageCount, formatted: format.number(imageCount) })}`;
}

/** What is unique is known once the background sums are made; 0 before, which would be a lie for what has content. */
function sizeText({ sizeBytes, uniqueBytes }: RepositoryRow, { t, format }: FactsPage): string {
  const size = format.bytes(sizeBytes);
  return uniqueBytes > 0 ? `${size} · ${t('lists:of_which_unique', { size: format.bytes(uniqueBytes) })}` : size;
}
