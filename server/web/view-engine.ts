import { join } from 'node:path';
import ejs from 'ejs';

export type RenderView = (view: string, data: object) => Promise<string>;

/**
 * Every page is `layout/main.ejs`, which includes `pages/<view>.ejs`: so raw output is never needed.
 * @param cache False in development: templates are read again for every page.
 */
export function createViewEngine(viewsPath: string, cache: boolean): RenderView {
  const layout = join(viewsPath, 'layout', 'main.ejs');
  return (view, data) => ejs.renderFile(layout, { ...data, view }, { root: viewsPath, cache, rmWhitespace: true });
}
