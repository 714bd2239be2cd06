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
  return {
    translator(locale) {
      const fixed = instance.getFixedT(locale);
      return (key, params = {}) => String(fixed(key, { ...params }));
    },
    has: (key) => instance.exists(key),
  };
}

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
