/** Who looks at the pages of the demo: between them every kind of right. */
import { passwordOf } from '../../../scripts/demo/people.ts';
import type { Viewer } from './page-walk.ts';

export const ADMIN: Viewer = {
  name: 'admin',
  password: passwordOf('admin'),
  starts: [
    ...['/repositories/charts/shop:5.1.2', '/repositories/platform/api-gateway:latest'],
    ...['/repositories/web/shop/-/about/edit', '/roles/staff'],
  ],
};
export const READER: Viewer = { name: 'omar', password: passwordOf('omar') };
export const NOBODY: Viewer = { name: 'nobody', starts: ['/login', '/repositories/public/cli'] };
