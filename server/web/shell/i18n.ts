import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInstance, type i18n, type Resource } from 'i18next';
import Negotiator from 'negotiator';

/** Name of a folder below `locales/`, which is a language tag: `en`, `zh-CN`. */
export type Locale = string;
export type TranslateParams = Readonly<Record<string, string | number>>;
/** `t('accounts:login.title')`; a key without a namespace is one of `shell`. */
export type Translate = (key: string, params?: TranslateParams) => string;

export interface Language {
  readonly locale: Locale;
  /** Name of the language in the language itself. */
  readonly name: string;
}

export interface Languages {
  /** One per folder. */
  readonly all: readonly Language[];
  readonly isKnown: (text: string | undefined) => text is Locale;
  /** The best one for an `Accept-Language` header. */
  readonly preferred: (header: string | undefined) => Locale;
  readonly translator: (locale: Locale) => Translate;
  readonly has: (key: string) => boolean;
}

/** For texts without a translation, and for readers of other languages. */
const FALLBACK = 'en';
const DEFAULT_NAMESPACE = 'shell';

function localesIn(folder: string): readonly Locale[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => name).sort();
}

function readResources(folder: string, locales: readonly Locale[]): Resource {
  const namespaces = (locale: Locale) =>
    readdirSync(join(folder, locale))
      .filter((name) => name.endsWith('.json'))
      .map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(folder, locale, name), 'utf8'))]);
  return Object.fromEntries(locales.map((locale) => [locale, Object.fromEntries(namespaces(locale))]));
}

/** @param folder `locales/`, with one folder per language and one JSON file per namespace: another folder is another language. */
export function createLanguages(folder: string): Languages {
  const instance: i18n = createInstance();
  const locales = localesIn(folder);
  // Templates escape what they print; escaping here too would show entities.
  void instance.init({
    resources: readResources(folder, locales),
    supportedLngs: [...locales],
    fallbackLng: FALLBACK,
    defaultNS: DEFAULT_NAMESPACE,
    initAsync: false,
    showSupportNotice: false,
    interpolation: { escapeValue: false, skipOnVariables: true },
  });
  const translators = new Map(locales.map((locale) => [locale, createTranslator(instance, locale)]));
  return {
    all: locales.map((locale) => ({ locale, name: languageName(locale) })),
    isKnown: (text): text is Locale => text !== undefined && translators.has(text),
    preferred: (header) => preferredLocale(header, locales),
    translator: (locale) => translators.get(locale) ?? createTranslator(instance, locale),
    has: (key) => instance.exists(key),
  };
}

function languageName(locale: Locale): string {
  const name = new Intl.DisplayNames([locale], { type: 'language', languageDisplay: 'standard' }).of(locale) ?? locale;
  // Chinese as its speakers know it: by the script, not by the country.
  return locale === 'zh-CN' ? '简体中文' : name.replace(/^\p{Ll}/u, (letter) => letter.toLocaleUpperCase(locale));
}

/**
 * Caches texts, because a page needs a hundred and i18next's lookup would cost more than the rest of the page: constant
 * texts as they are, others cut at their placeholders. Plural rules remain with i18next.
 */
function createTranslator(instance: i18n, locale: Locale): Translate {
  const fixed = instance.getFixedT(locale);
  const plurals = new Intl.PluralRules(locale);
  const plain = new Map<string, string>();
  const cut = new Map<string, readonly string[] | null>();

  function partsOf(key: string, count: string | number | undefined): readonly string[] | null {
    const form = typeof count === 'number' ? `${key}_${plurals.select(count)}` : key;
    const known = cut.get(form);
    if (known !== undefined) return known;
    const [namespace = '', path = ''] = key.includes(':') ? key.split(':') : [DEFAULT_NAMESPACE, key];
    const text: unknown =
      instance.getResource(locale, namespace, path + form.slice(key.length)) ??
      instance.getResource(locale, namespace, path);
    const parts = typeof text === 'string' && !UNUSUAL.test(text) ? text.split(GAP) : null;
    cut.set(form, parts);
    return parts;
  }

  return (key, params) => {
    if (params === undefined) {
      const text = plain.get(key) ?? String(fixed(key));
      plain.set(key, text);
      return text;
    }
    const parts = partsOf(key, params['count']);
    // Every other part is the name of a value.
    return (
      parts?.map((part, index) => (index % 2 === 0 ? part : (params[part] ?? ''))).join('') ?? fixed(key, { ...params })
    );
  };
}

const GAP = /{{\s*(\w+)\s*}}/;
/** Other texts inside, formats, nothing to be escaped: for i18next. */
const UNUSUAL = /\$t\(|{{\s*\w+\s*[^\w\s}]|{{\s*-/;

// A longer list can only be an attack on the parser.
const MAX_ACCEPTED_LENGTH = 500;

/** The first language of the header that we have, in any of its kinds: for zh-TW the one Chinese we speak. */
export function preferredLocale(header: string | undefined, locales: readonly Locale[]): Locale {
  const headers = { 'accept-language': header?.slice(0, MAX_ACCEPTED_LENGTH) };
  const wanted = new Negotiator({ headers }).languages().map((tag) => closest(tag.toLowerCase(), locales));
  return wanted.find((locale) => locale !== undefined) ?? FALLBACK;
}

function closest(tag: string, locales: readonly Locale[]): Locale | undefined {
  const language = (text: string) => text.toLowerCase().split('-')[0];
  const exact = locales.find((locale) => locale.toLowerCase() === tag);
  return exact ?? locales.find((locale) => language(locale) === language(tag));
}
