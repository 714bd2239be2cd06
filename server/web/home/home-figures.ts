import type { ActivityDay } from '../../catalog/activity/activity.ts';
import { datesOf } from '../parts/activity-chart.ts';
import type { Figure } from '../parts/figure.ts';
import { growth } from '../parts/space-chart.ts';
import type { Page } from '../shell/page.ts';
import type { HomeFacts } from './home-facts.ts';

type Words = Pick<Page, 't' | 'format' | 'locale' | 'url'>;
type FigureFacts = Pick<HomeFacts, 'activity' | 'pushers' | 'total' | 'samples' | 'findings' | 'index' | 'at'>;

const NOTHING: Omit<ActivityDay, 'day'> = { pulls: 0, pushes: 0 };
const WEEK = 7;
const MONTH = 30;

/** The four numbers at the top; one that is not computed yet is `…`. */
export function homeFigures(facts: FigureFacts, page: Words): readonly Figure[] {
  return [pullFigure(facts, page), pushFigure(facts, page), spaceFigure(facts, page), staleFigure(facts, page)];
}

/** Without events nothing is counted, so a dash is shown instead of a misleading zero. */
function unreported(label: string, href: string, t: Page['t']): Figure {
  return { label, value: '–', note: t('home:unreported'), href };
}

/** Today is incomplete, so it is shown beside a whole day instead of as a percentage of it. */
function pullFigure({ activity, index }: FigureFacts, { t, format, locale, url }: Words): Figure {
  if (index.polled !== undefined) return unreported(t('home:pulls'), url('/events?action=pull'), t);
  const today = activity.at(-1) ?? NOTHING;
  const before = activity.at(-1 - WEEK);
  const weekday = datesOf(locale).weekday.format(before?.day ?? 0);
  const pulls = before?.pulls ?? 0;
  return {
    label: t('home:pulls'),
    value: format.number(today.pulls),
    note: t('home:pulls_note', { weekday, pulls: format.number(pulls) }),
    href: url('/events?action=pull'),
  };
}

function pushFigure({ activity, pushers, index }: FigureFacts, { t, format, url }: Words): Figure {
  if (index.polled !== undefined) return unreported(t('home:pushes'), url('/events?action=push'), t);
  const { pushes } = activity.at(-1) ?? NOTHING;
  return {
    label: t('home:pushes'),
    value: format.number(pushes),
    note: pushes === 0 ? t('home:pushes_none') : t('home:pushes_note', { count: pushers }),
    href: url('/events?action=push'),
  };
}

function spaceFigure({ total, samples, at }: FigureFacts, { t, format, url }: Words): Figure {
  const isKnown = total.summedAt !== null;
  const current = { at, sizeBytes: total.sizeBytes, logicalBytes: total.logicalBytes };
  const grown = [WEEK, MONTH].flatMap((days) => {
    const bytes = isKnown ? growth(samples, current, days) : undefined;
    return bytes === undefined ? [] : [t('home:space_grown', { size: format.signedBytes(bytes), count: days })];
  });
  return {
    label: t('home:space'),
    value: isKnown || total.repositoryCount === 0 ? format.bytes(total.sizeBytes) : '…',
    note: grown.length === 0 ? t('home:space_note') : grown.join(' · '),
    href: url('/space'),
  };
}

function staleFigure({ findings, index }: FigureFacts, { t, format, url }: Words): Figure {
  if (index.polled !== undefined) return unreported(t('home:stale'), url(staleSearch()), t);
  return {
    label: t('home:stale'),
    value: findings === undefined ? '…' : format.number(findings.staleCount),
    note:
      findings === undefined || findings.isWatchedLongEnough
        ? t('home:stale_note')
        : t('home:stale_since', { date: format.date(findings.staleSince) }),
    href: url(staleSearch()),
  };
}

/** The search that lists what the figure counts: older than 90 days and not pulled for 90 days. */
export function staleSearch(repository?: string): string {
  const within = repository === undefined ? '' : `repo:${repository} `;
  return `/search?q=${encodeURIComponent(`${within}pulled-older:90d older:90d`)}`;
}
