import type { Page } from '../shell/page.ts';

export interface HelpLine {
  readonly example: string;
  readonly text: string;
  readonly href: string;
}

/** Every operator with an example as link. */
export function searchHelp({ t, url }: Pick<Page, 't' | 'url'>): readonly HelpLine[] {
  const lines: readonly (readonly [string, string])[] = [
    ['gateway', t('search:help.word')],
    ['"first release"', t('search:help.phrase')],
    ['v1.*', t('search:help.glob')],
    ['-test', t('search:help.not')],
    ['team/app:v1.*', t('search:help.reference')],
    ['repo:team/*', t('search:help.repo')],
    ['folder:team', t('search:help.folder')],
    ['tag:latest', t('search:help.tag')],
    ['digest:6f0a91c2', t('search:help.digest')],
    ['label:team=core', t('search:help.label')],
    ['annotation:org.opencontainers.image.vendor', t('search:help.annotation')],
    ['pushed-by:ci', t('search:help.pusher')],
    ['older:90d', t('search:help.older')],
    ['newer:2026-01-31', t('search:help.newer')],
    ['pulled-older:90d', t('search:help.pulled')],
    ['never:pulled', t('search:help.never')],
    ['pulls:>100', t('search:help.pulls')],
    ['size:1GB..2GB', t('search:help.size')],
    ['platform:linux/arm64', t('search:help.platform')],
    ['type:helm', t('search:help.type')],
    ['is:untagged', t('search:help.untagged')],
    ['has:signature', t('search:help.has')],
  ];
  return lines.map(([example, text]) => ({ example, text, href: url(`/search?q=${encodeURIComponent(example)}`) }));
}
