import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInstance, type i18n, type Resource } from 'i18next';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];
export type TranslateParams = Readonly<Record<string, string | number>>;
/** `t('accounts:login.title')`; a key without a namespace is one of `common`. */
export type Translate = (key: string, params?: TranslateParams) => string;

export interface Languages {
  readonly translator: (locale: Locale) => Translate;
  readonly has: (key: string) => boolean;
}

function readResources(folder: string): Resource {
  const namespaces = (locale: Locale) =>
    readdirSync(join(folder, locale))
      .filter((name) => name.endsWith('.json'))
      .map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(folder, locale, name), 'utf8'))]);
  return Object.fromEntries(LOCALES.map((locale) => [locale, Object.fromEntries(namespaces(locale))]));
}

/** @param folder `locales/`, with one folder per language and one JSON file per namespace. */
export function createLanguages(folder: string): Languages {
  const instance: i18n = createInstance();
  // Templates escape what they print; escaping here too would show entities.
  void instance.init({
    resources: readResources(folder),
    supportedLngs: [...LOCALES],
    fallbackLng: 'en',
    defaultNS: 'common',
    initAsync: false,
    showSupportNotice: false,
    interpolation: { escapeValue: false, skipOnVariables: true },
  });
  const translators = new Map(LOCALES.map((locale) => [locale, createTranslator(instance, locale)]));
  return {
    translator: (locale) => translators.get(locale) ?? createTranslator(instance, locale),
    has: (key) => instance.exists(key),
  };
}

/**
 * A page asks for a hundred texts, and looking each up anew would cost more than the rest of it. What is found once is
 * kept: as it stands where nothing is to be filled in, else cut at its gaps. The languages' own rules stay i18next's.
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
    const [namespace = '', path = ''] = key.includes(':') ? key.split(':') : ['common', key];
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

export function isLocale(text: string | undefined): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

/** The first language of `Accept-Language` that we have. Any Chinese gets the one Chinese we speak. */
export function preferredLocale(header: string | undefined): Locale {
  const wanted = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find(Boolean);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    });
  const known = wanted.filter(({ tag, quality }) => quality > 0 && /^(en|zh)(-|$)/.test(tag));
  const best = known.sort((a, b) => b.quality - a.quality)[0];
  return best?.tag.startsWith('zh') === true ? 'zh-CN' : 'en';
}
