import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { escapeHtml } from './escape-html.ts';

export type RenderView = (view: string, data: object) => Promise<string>;

type Locals = Readonly<Record<string, unknown>>;
type Include = (path: string, data?: Locals) => string;
type Template = (locals: Locals, escapeFn: typeof escapeHtml, include: Include) => string;

/**
 * Every page is `shell/layout.ejs`, which includes the page's own template: so raw output is never needed. EJS reads the
 * templates; they are put together here, because its own `include` copies every value of the page for each icon.
 * @param cache False in development and in tests: templates are read again for every page, and a name that the model
 * lacks is an error. True: it prints nothing.
 */
export function createViewEngine(viewsPath: string, cache: boolean): RenderView {
  const compiled = new Map<string, Template>();

  function templateOf(path: string): Template {
    const known = compiled.get(path);
    if (known !== undefined) return known;
    const template = compile(join(viewsPath, `${path}.ejs`), cache);
    if (cache) compiled.set(path, template);
    return template;
  }

  function draw(path: string, locals: Locals): string {
    const include: Include = (part, data) => draw(part, data === undefined ? locals : { ...locals, ...data });
    return templateOf(path)(locals, escapeHtml, include);
  }

  return async (view, data) => draw('/shell/layout', { ...data, view });
}

/** @param fast Names become variables before the template begins: engines do not optimise a function with `with`. */
function compile(file: string, fast: boolean): Template {
  const source = sourceOf(file);
  const body = fast ? `let { ${namesIn(source).join(', ')} } = locals; { ${source} }` : `with (locals) { ${source} }`;
  return new Function(
    ...['locals', 'escapeFn', 'include'],
    `let __output = ''; const __append = (text) => { __output += text ?? ''; };
    ${body}
    return __output;\n//# sourceURL=${file}`,
  ) as Template;
}

interface EjsTemplate {
  readonly source: string;
  generateSource(): void;
}
type EjsTemplateClass = new (text: string, options: object) => EjsTemplate;

function sourceOf(file: string): string {
  const Template = ejs.Template as unknown as EjsTemplateClass;
  const template = new Template(readFileSync(file, 'utf8'), {
    filename: file,
    rmWhitespace: true,
    compileDebug: false,
  });
  template.generateSource();
  return template.source;
}

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
const NAME = /(?<![\w$.])[A-Za-z_$][\w$]*/g;
const NO_LOCALS = new Set(
  `break case catch class const continue debugger default delete do else export extends false finally for function if import
  in instanceof let new null of return static super switch this throw true try typeof undefined var void while with yield
  await async enum eval arguments locals include escapeFn __append __output Array Boolean Date Infinity globalThis Intl JSON Map Math
  NaN Number Object RegExp Set String Symbol encodeURIComponent isNaN parseInt`.split(/\s+/),
);

/** More than the locals (keys of literals, own variables), which does no harm: a block around the template keeps them apart. */
function namesIn(source: string): readonly string[] {
  const names = source.replace(STRING, "''").match(NAME) ?? [];
  return [...new Set(names)].filter((name) => !NO_LOCALS.has(name));
}
