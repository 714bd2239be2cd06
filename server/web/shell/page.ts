import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ClientOrigin } from '../../http/client-address.ts';
import type { Assets } from './assets.ts';
import type { CopySettings } from './copy-choice.ts';
import type { FieldErrors, FormResult, FormValues } from './form.ts';
import type { Format } from './format.ts';
import type { Language, Locale, Translate, TranslateParams } from './i18n.ts';
import type { NavSection } from './nav.ts';
import type { Viewer } from './viewer.ts';

export type Scheme = 'light' | 'dark' | 'system';

export interface Flash {
  /** A full key such as `accounts:setup.done`. */
  readonly key: string;
  readonly params?: TranslateParams;
}

/** One part of the reference in the top bar; the last one is the current page and has no `href`. */
export interface Crumb {
  readonly text: string;
  readonly href?: string;
  /** What stands before this part; `/` unless it says otherwise (`:` before a tag, `@` before a digest). */
  readonly separator?: '/' | ':' | '@';
}

/** What the layout reads from every view model. */
export interface Model {
  readonly title: string;
  /** Current entry of the side bar: `repositories`, `events`, `users` … */
  readonly nav?: string;
  readonly crumbs?: readonly Crumb[];
  /** No navigation around it: sign-in and what comes before it. */
  readonly bare?: boolean;
  /** What the open page updates on: '*' any repository, a name that repository and those below, or a `TOPIC`. */
  readonly live?: string;
}

/** One request: its viewer and language, and the ways to answer it. */
export interface Page {
  readonly viewer: Viewer;
  readonly locale: Locale;
  readonly scheme: Scheme;
  /** How this reader copies commands. */
  readonly copy: CopySettings;
  readonly t: Translate;
  readonly languages: readonly Language[];
  /** A text in every language: people may type a search word in another language than that of the page. */
  readonly everywhere: (key: string) => readonly string[];
  readonly format: Format;
  readonly origin: ClientOrigin;
  /** The address under which this reader reached us, with the base path: to show and compare, never to redirect to. */
  readonly cameBy: string;
  /** For the hidden field `_csrf` of every form; the partial `csrf` writes it. */
  readonly csrf: string;
  /** Path and query of this request, without the base path. */
  readonly path: string;
  /** Epoch milliseconds of the request: everything shown was read later. */
  readonly askedAt: number;
  /** The setting `auth.enabled`. When false nobody signs in and all viewers are the same. */
  readonly authEnabled: boolean;
  readonly url: (path: string) => string;
  /** One text value of the query; '' when it is missing or repeated. */
  readonly query: (name: string) => string;
  /** `path` with some query values replaced; null removes one. For filters, sorting and paging. */
  readonly urlWith: (changes: Readonly<Record<string, string | number | null>>) => string;
  /** From the browser's cookie, so not trusted; '' when nothing was chosen. */
  readonly choice: (name: ChoiceName) => string;
  /** Kept in a cookie for the next visit. Ignored in background requests. */
  readonly keepChoice: (name: ChoiceName, value: string) => void;
  readonly render: <M extends Model>(view: string, model: M, status?: number) => Promise<void>;
  /** @returns false when there is nothing to show; the caller must answer then. */
  readonly renderShared: <M extends Model, P = never>(view: string, shared: SharedModel<M, P>) => Promise<boolean>;
  /** 303 to an own path; the flash is shown once on the next page. */
  readonly redirect: (path: string, flash?: Flash) => void;
  readonly body: FormValues;
  readonly parseForm: <Schema extends z.ZodType>(schema: Schema) => FormResult<z.output<Schema>>;
  /** The messages for a form that is shown again. @throws the error when it is no mistake in a field. */
  readonly fieldErrors: (error: unknown) => FieldErrors;
  /** The translated sentence of an expected failure. */
  readonly errorText: (error: unknown) => string;
}

/**
 * A page without the person, for shared pages: it has the viewer's rights. `viewer.subject.name` is a placeholder that can
 * only be printed, `viewer.subject.id` is 0 and `viewer.user` undefined.
 */
export type ImpersonalPage = Omit<
  Page,
  | ('csrf' | 'askedAt' | 'redirect' | 'render' | 'renderShared' | 'choice' | 'keepChoice')
  | ('body' | 'parseForm' | 'fieldErrors' | 'errorText')
>;

/** @typeParam P Data of the one person that the page shows; plain JSON, because it becomes part of the cache key. */
export interface SharedModel<M extends Model, P = never> {
  /** The page is shared by viewers with an equal result. */
  readonly personal?: () => Promise<P | undefined>;
  /** May run long after the request, to refresh the page. @returns undefined when there is nothing to show. */
  readonly build: (page: ImpersonalPage, personal: P | undefined) => Promise<M | undefined>;
  /** False when the content may change without a write to the database, as when the registry did not answer. */
  readonly isCacheable?: (model: M) => boolean;
}

/** Choices that have a cookie of their own, `rw-NAME`. */
export type ChoiceName = 'connect';

/** What templates see as `page`, beside the view model itself. */
export interface PageView
  extends Pick<Page, 'viewer' | 'locale' | 'scheme' | 't' | 'format' | 'csrf' | 'path' | 'url'> {
  /** The viewer, for the frame around `<main>`. */
  readonly me: { readonly name: string; readonly tone: number | string; readonly initials: string };
  /** Of a shared page, as `SharedPage.hash`; '' for other pages. */
  readonly hash: string;
  readonly askedAt: number | string;
  readonly authEnabled: boolean;
  readonly urlWith: Page['urlWith'];
  readonly query: Page['query'];
  readonly nav: readonly NavSection[];
  /** The navigation shows icons only. */
  readonly isNavFolded: boolean;
  /** Single letters act as shortcuts. */
  readonly keys: boolean;
  readonly languages: readonly Language[];
  readonly asset: (name: keyof Assets) => string;
  readonly flash: string | undefined;
  /** Sign-in page that leads back here; set when the session expired. */
  readonly signInAgainUrl: string | undefined;
  readonly registry: { readonly name: string; readonly state: RegistryState | undefined };
  /** Admins are warned on every page that the registry needs no token. */
  readonly warnOpenRegistry: boolean;
  /** For admins: why the database cannot be written. */
  readonly storageWarning: string | undefined;
  /** Notice to admins who use plain HTTP from another machine. */
  readonly warnPlainHttp: boolean;
  readonly personTone: (name: string) => number;
  readonly initials: (name: string) => string;
}

export interface RegistryState {
  /** It answers without a token, although this server issues tokens. */
  readonly isOpen?: boolean;
  readonly reachable: boolean;
  readonly version: string | null;
}

export type PageFactory = (request: Request, response: Response, viewer: Viewer) => Page;
