import type { ImageDetail } from '../../catalog/images/image.ts';
import type { Notice } from '../parts/notices.ts';
import type { Page } from '../shell/page.ts';
import type { LoadedContent } from './loaded-content.ts';

/** The data of an image page. */
export interface ImageFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'copy'>;
  readonly host: string;
  /** The tag in the address; null when it names a digest. */
  readonly tag: string | null;
  readonly detail: ImageDetail;
  readonly notices: readonly Notice[];
  /** Why deleting is disabled; '' when it is not. */
  readonly deleteNote: string;
  /** Content of artifacts for the current tab. */
  readonly loaded?: LoadedContent;
}
