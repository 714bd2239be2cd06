import type { Audit, AuditEntry } from '../../audit/audit.ts';
import type { EventStore } from '../../notifications/events.ts';
import { type EventCells, eventCells } from '../parts/event-cells.ts';
import type { Page } from '../shell/page.ts';
import { auditLabel, detailText } from './audit.ts';

export interface PersonActivityDeps {
  readonly events: Pick<EventStore, 'list'>;
  readonly audit: Pick<Audit, 'list'>;
}

export interface PersonActivity {
  readonly events: readonly EventCells[];
  readonly eventsHref: string;
  readonly actions: readonly ActionCells[];
  readonly auditHref: string;
  readonly failedHref: string;
}

interface ActionCells {
  readonly at: number;
  readonly label: string;
  readonly object: string;
  readonly detail: string;
  readonly address: string;
  readonly isOk: boolean;
}

const MAX_ROWS = 8;

/** The latest events and audit entries of a person, for admins: not limited to what the viewer sees. */
export async function readPersonActivity(
  { events, audit }: PersonActivityDeps,
  page: Page,
  username: string,
): Promise<PersonActivity> {
  const [pushed, acted] = await Promise.all([
    events.list({ visible: { all: true }, user: username, limit: MAX_ROWS }),
    audit.list({ actor: username, limit: MAX_ROWS }),
  ]);
  const name = encodeURIComponent(username);
  return {
    events: pushed.rows.map((event) => eventCells(event, page)),
    eventsHref: page.url(`/events?user=${name}`),
    actions: acted.entries.map((entry) => actionCells(entry, page)),
    auditHref: page.url(`/audit?actor=${name}`),
    failedHref: page.url(`/audit?action=failed&actor=${name}`),
  };
}

function actionCells({ at, action, object, outcome, detail, address }: AuditEntry, { t }: Page): ActionCells {
  const isOk = outcome === 'ok';
  return { at, label: auditLabel(action, t), object, detail: detailText(detail, t), address, isOk };
}
