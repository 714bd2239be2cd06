import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { escapeHtml } from './escape-html.ts';
import { templateText } from './template-text.ts';

export type RenderView = (view: string, data: object) => Promise<string>;

type Locals = Readonly<Record<string, unknown>>;

/** A template compiled for one set of names: those are its variables, any other name is an error. */
interface Variant {
  readonly names: readonly string[];
  readonly draw: (locals: Locals) => string;
}

/**
 * Every page is `shell/layout.ejs`, which draws the page's own template: so raw output is never needed. A part sees what
 * it is given, `page` and `part`, and nothing else. EJS's own `include` would look for the file and copy every value of
 * the page again for each icon, and its `with` takes three times as long as variables do.
 * @param cache False in development: templates are read again for every page, and an error names its line.
 */
export function createViewEngine(viewsPath: string, cache: boolean): RenderView {
  const kept = new Map<string, readonly Variant[]>();

  return async (view, data) => {
    const { page } = data as { readonly page?: unknown };
    const compiled = cache ? kept : new Map<string, readonly Variant[]>();

    function draw(path: string, locals: Locals): string {
      const names = Object.keys(locals);
      const variants = compiled.get(path) ?? [];
      const known = variants.find((each) => isSame(each.names, names));
      if (known !== undefined) return known.draw(locals);
      const variant = { names, draw: compile(join(viewsPath, `${path}.ejs`), names, !cache) };
      compiled.set(path, [...variants, variant]);
      return variant.draw(locals);
    }

    const part = (path: string, given?: object) => draw(path, { ...given, page, part });
    const model: Locals = { ...data, page, part };
    return draw('/shell/layout', { ...model, view, drawView: () => draw(`/${view}`, model) });
  };
}

function isSame(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && names.every((name, index) => name === others[index]);
}

function compile(filename: string, names: readonly string[], compileDebug: boolean): Variant['draw'] {
  return ejs.compile(templateText(readFileSync(filename, 'utf8')), {
    ...{ filename, strict: true, destructuredLocals: [...names] },
    // What it is given is ours and has no prototype to hide: without this option it would be copied for each icon.
    ...{ escape: escapeHtml, compileDebug, unsafePrototypeLocals: true },
  });
}
