/** The data of the home page; `home.ts` makes the view model of it. */
import type { ActivityDay } from '../../catalog/activity/activity.ts';
import type { Findings } from '../../catalog/findings/findings.ts';
import type { RepositoryPage, RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { SpaceRow } from '../../catalog/space/list.ts';
import type { Sample } from '../../catalog/space/samples.ts';
import type { SpaceSums } from '../../catalog/space/space.ts';
import type { IndexState } from '../../operations/facts.ts';
import type { JudgedRegistry } from '../../operations/operations.ts';
import type { FirstRunFacts, FirstRunPage } from '../parts/first-run.ts';
import type { Page } from '../shell/page.ts';

export type HomePageParts = FirstRunPage & Pick<Page, 'format' | 'locale'>;

export interface HomeFacts {
  readonly firstRun: FirstRunFacts;
  readonly index: IndexState;
  readonly registry: JudgedRegistry;
  readonly at: number;
  readonly recent: RepositoryPage;
  /** Over everything that the viewer sees. */
  readonly total: SpaceSums;
  readonly samples: readonly Sample[];
  readonly areas: readonly SpaceRow[];
  /** One entry per day, at least the last 14. */
  readonly activity: readonly ActivityDay[];
  /** How many people and robots pushed today. */
  readonly pushers: number;
  readonly sparks: ReadonlyMap<number, readonly ActivityDay[]>;
  /** undefined: not computed yet. */
  readonly findings: Findings | undefined;
  readonly biggest: readonly RepositoryRow[];
  readonly mine: readonly MyRepository[];
}

export interface MyRepository {
  readonly row: RepositoryRow;
  /** false: listed because the viewer pushed to it. */
  readonly isStarred: boolean;
}
