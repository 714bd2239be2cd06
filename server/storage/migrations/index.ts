import type { Migration } from 'kysely';
import { up as accounts } from './0001-accounts.ts';
import { up as index } from './0002-index.ts';
import { up as catalog } from './0003-catalog.ts';
import { up as repositoryPages } from './0004-repository-pages.ts';
import { up as search } from './0005-search.ts';
import { up as activity } from './0006-activity.ts';
import { up as listOrders } from './0008-list-orders.ts';
import { up as tagHistory } from './0009-tag-history.ts';
import { up as backgroundWork } from './0010-background-work.ts';
import { up as knownPlaces } from './0011-known-places.ts';
import { up as failedSignIns } from './0012-failed-sign-ins.ts';
import { up as trashLists } from './0013-trash-lists.ts';
import { up as contentDetails } from './0014-content-details.ts';
import { up as eventSources } from './0015-event-sources.ts';
import { up as documentSources } from './0016-document-sources.ts';
import { up as confirmedEvents } from './0017-confirmed-events.ts';
import { up as seenSums } from './0018-seen-sums.ts';
import { up as auditActor } from './0019-audit-actor.ts';
import { up as auditWords } from './0020-audit-words.ts';
import { up as cheapCrawls } from './0021-cheap-crawls.ts';

/** Every migration, in order. A shipped one is never edited: the next change is a new file. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-accounts': { up: accounts },
  '0002-index': { up: index },
  '0003-catalog': { up: catalog },
  '0004-repository-pages': { up: repositoryPages },
  '0005-search': { up: search },
  '0006-activity': { up: activity },
  '0008-list-orders': { up: listOrders },
  '0009-tag-history': { up: tagHistory },
  '0010-background-work': { up: backgroundWork },
  '0011-known-places': { up: knownPlaces },
  '0012-failed-sign-ins': { up: failedSignIns },
  '0013-trash-lists': { up: trashLists },
  '0014-content-details': { up: contentDetails },
  '0015-event-sources': { up: eventSources },
  '0016-document-sources': { up: documentSources },
  '0017-confirmed-events': { up: confirmedEvents },
  '0018-seen-sums': { up: seenSums },
  '0019-audit-actor': { up: auditActor },
  '0020-audit-words': { up: auditWords },
  '0021-cheap-crawls': { up: cheapCrawls },
};
