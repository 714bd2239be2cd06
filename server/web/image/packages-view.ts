/** The packages of an SBOM, filtered and paged. */
import type { SbomDocument } from '../../artifacts/document.ts';
import type { Pager } from '../parts/pager.ts';
import type { Page } from '../shell/page.ts';

export interface PackageCells {
  readonly rows: SbomDocument['packages'];
  readonly filter: string;
  readonly found: string;
  readonly pager: Pager | null;
}

const PACKAGES_SHOWN = 50;

/** Pages are numbers here, because the whole list is in memory. */
export function packageCells(
  { packages, packageCount }: SbomDocument,
  page: Pick<Page, 't' | 'format' | 'query' | 'urlWith'>,
): PackageCells {
  const { t, format, query, urlWith } = page;
  const filter = query('package').slice(0, 200);
  const wanted = filter.toLowerCase();
  const found = packages.filter((item) =>
    [item.name, item.version, item.license, item.purl].some((field) => field.toLowerCase().includes(wanted)),
  );
  const start = Math.max(0, Math.min(Math.trunc(Number(query('from')) || 0), Math.max(0, found.length - 1)));
  const rows = found.slice(start, start + PACKAGES_SHOWN);
  const total = filter === '' ? packageCount : found.length;
  const previous = start === 0 ? {} : { previous: urlWith({ from: Math.max(0, start - PACKAGES_SHOWN) || null }) };
  const isMore = start + PACKAGES_SHOWN < found.length;
  const next = isMore ? { next: urlWith({ from: start + PACKAGES_SHOWN }) } : {};
  const range = rows.length === 0 ? '' : `${format.number(start + 1)}–${format.number(start + rows.length)}`;
  return {
    rows,
    filter,
    found: t('image:sbom.found', { count: total, formatted: format.number(total) }),
    pager: found.length > PACKAGES_SHOWN ? { range, ...previous, ...next } : null,
  };
}
