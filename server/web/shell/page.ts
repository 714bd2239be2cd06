import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ClientOrigin } from '../../http/client-address.ts';
import type { Assets } from './assets.ts';
import type { CopySettings } from './copy-choice.ts';
import type { FieldErrors, FormResult, FormValues } from './form.ts';
import type { Format } from './format.ts';
import type { Language, Locale, Translate, TranslateParams } from './i18n.ts';
import type { NavSection } from './nav.ts';
import type { Viewer } from './who-asks.ts';

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
  /** Entry of the side bar that is lit: `repositories`, `events`, `users` … */
  readonly nav?: string;
  readonly crumbs?: readonly Crumb[];
  /** No navigation around it: sign-in and what comes before it. */
  readonly bare?: boolean;
  /** Shows by itself what changes: '*' for any repository, a name for that one and what lies below. */
  readonly live?: string;
}

/** One request, ready for a page: who asks, in which language, and the ways to answer. */
export interface Page {
  readonly viewer: Viewer;
  readonly locale: Locale;
  readonly scheme: Scheme;
  /** How this reader copies commands. */
  readonly copy: CopySettings;
  readonly t: Translate;
  readonly languages: readonly Language[];
  /** A text in every language: people do not always type in the one they read. */
  readonly everywhere: (key: string) => readonly string[];
  readonly format: Format;
  readonly origin: ClientOrigin;
  /** The address under which this reader reached us, with the base path: to show and compare, never to redirect to. */
  readonly cameBy: string;
  /** For the hidden field `_csrf` of every form; the partial `csrf` writes it. */
  readonly csrf: string;
  /** Path and query of this request, without the base path. */
  readonly path: string;
  /** Epoch milliseconds: what it shows is not older. */
  readonly askedAt: number;
  /** False where `auth.enabled` is: nobody signs in, everybody is the same viewer. */
  readonly authEnabled: boolean;
  readonly url: (path: string) => string;
  /** One text value of the query; '' when it is missing or repeated. */
  readonly query: (name: string) => string;
  /** `path` with some query values replaced; null removes one. For filters, sorting and paging. */
  readonly urlWith: (changes: Readonly<Record<string, string | number | null>>) => string;
  /** What this browser chose before, as `keepChoice` wrote it or somebody changed it; '' where it did not. */
  readonly choice: (name: ChoiceName) => string;
  /** For the next visit. What a page asks by itself chooses nothing. */
  readonly keepChoice: (name: ChoiceName, value: string) => void;
  readonly render: <M extends Model>(view: string, model: M, status?: number) => Promise<void>;
  /** @returns false when there is nothing to show, and nothing was answered. */
  readonly renderShared: <M extends Model, P = never>(view: string, shared: SharedModel<M, P>) => Promise<boolean>;
  /** 303 to an own path; the flash is shown once on the next page. */
  readonly redirect: (path: string, flash?: Flash) => void;
  readonly body: FormValues;
  readonly parseForm: <Schema extends z.ZodType>(schema: Schema) => FormResult<z.output<Schema>>;
  /** The messages for a form that is shown again. Throws on what a person cannot mend. */
  readonly fieldErrors: (error: unknown) => FieldErrors;
  /** The translated sentence of an expected failure. */
  readonly errorText: (error: unknown) => string;
}

/**
 * A page that everybody gets who sees the same: it knows the viewer's rights, but not the person. `viewer.subject.name` stands
 * for the name and is only good to be shown; `viewer.user` is never there.
 */
export type CommonPage = Omit<
  Page,
  | ('csrf' | 'askedAt' | 'redirect' | 'render' | 'renderShared' | 'choice' | 'keepChoice')
  | ('body' | 'parseForm' | 'fieldErrors' | 'errorText')
>;

/** @typeParam P What is shown of this very person; plain data. */
export interface SharedModel<M extends Model, P = never> {
  /** Pages are shared by those for whom it is equal; undefined: nothing of the person is shown. */
  readonly personal?: () => Promise<P | undefined>;
  /** Reads everything anew, perhaps long after the request; undefined: there is nothing to show. */
  readonly build: (page: CommonPage, personal: P | undefined) => Promise<M | undefined>;
  /** Whether the same is shown until something is written; false where a registry may answer the next time. */
  readonly isLasting?: (model: M) => boolean;
}

/** Of what is kept in a cookie of its own. */
export type ChoiceName = 'connect';

/** What templates see as `page`, beside the view model itself. */
export interface PageView
  extends Pick<Page, 'viewer' | 'locale' | 'scheme' | 't' | 'format' | 'csrf' | 'path' | 'url'> {
  /** Who looks, for what stands around `<main>`. */
  readonly me: { readonly name: string; readonly tone: number | string; readonly initials: string };
  /** Names what is shown, so that the page can be told what changed in it; '' where it cannot. */
  readonly hash: string;
  readonly askedAt: number | string;
  readonly authEnabled: boolean;
  readonly urlWith: Page['urlWith'];
  readonly query: Page['query'];
  readonly nav: readonly NavSection[];
  /** To icons. */
  readonly isNavFolded: boolean;
  /** Single letters act as shortcuts. */
  readonly keys: boolean;
  readonly languages: readonly Language[];
  readonly asset: (name: keyof Assets) => string;
  readonly flash: string | undefined;
  /** Where somebody signs in again whose session ended without their doing. */
  readonly signInAgain: string | undefined;
  readonly registry: { readonly name: string; readonly state: RegistryState | undefined };
  /** An admin has to hear on every page that the registry stands open. */
  readonly warnOpenRegistry: boolean;
  /** For admins: why nothing can be saved. */
  readonly storageWarning: string | undefined;
  /** The quiet notice to admins who came over plain HTTP from elsewhere. */
  readonly warnPlainHttp: boolean;
  readonly personTone: (name: string) => number;
  readonly initials: (name: string) => string;
}

export interface RegistryState {
  /** It lets everybody in without a token, although we issue them. */
  readonly isOpen?: boolean;
  readonly reachable: boolean;
  readonly version: string | null;
}

export type PageFactory = (request: Request, response: Response, viewer: Viewer) => Page;
