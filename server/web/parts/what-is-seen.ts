/** How much of the registry a viewer sees, and the text for viewers who see nothing. */
import type { Page } from '../shell/page.ts';
import type { Viewer } from '../shell/viewer.ts';

/** Whether the viewer may read events and audit entries of everybody. */
export function isReader({ viewer }: Pick<Page, 'viewer'>): boolean {
  return viewer.rights.isAdmin || viewer.rights.isAuditor;
}

/** For viewers who see nothing: whom to ask for access. */
export function noRightsText({ t, viewer }: Pick<Page, 't' | 'viewer'>): string {
  return viewer.rights.rules.length === 0
    ? t('parts:repositories.no_rights', { user: viewer.subject.name })
    : t('parts:repositories.nothing_matches', { user: viewer.subject.name });
}

export function seesEverything({ rights }: Viewer): boolean {
  return rights.isAdmin || rights.rules.some((rule) => rule.repository.text === '**' && rule.actions.has('pull'));
}
