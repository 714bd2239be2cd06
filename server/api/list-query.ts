import { z } from 'zod';
import { TAG_SORTS, type TagFilters } from '../catalog/lists/tags.ts';
import { digestParam, direction, msOf, nameFilter, size, time, yesOrNo } from './fields.ts';

/** Filters and sorts common to the lists of tags, images and untagged manifests. */
export const tagListQuery = z.strictObject({
  filter: nameFilter('Part of a tag, or the beginning of a digest (`sha256:…`).'),
  digest: digestParam.optional().describe('Only this manifest.'),
  platform: nameFilter('Only for this platform: `linux/arm64`.'),
  kind: nameFilter('Only this kind: `image`, `index`, `helm`, `artifact` …'),
  pushedBefore: time.optional().describe('By the push, else by the build, else long ago.'),
  pushedAfter: time.optional().describe('The same, from this moment on.'),
  minBytes: size.describe('Of the image, all platforms together.'),
  maxBytes: size.describe('Of the image, all platforms together.'),
  neverPulled: yesOrNo.optional().describe('Only what nobody pulled since there is a record.'),
  sort: z.enum(TAG_SORTS).default('name').describe('`name` puts versions in their order.'),
  direction: direction.default('desc'),
});
export type TagListQuery = z.output<typeof tagListQuery>;

export function tagFilters(query: TagListQuery): TagFilters & Pick<TagListQuery, 'sort' | 'direction'> {
  const { pushedBefore, pushedAfter, minBytes, maxBytes, ...same } = query;
  return {
    ...same,
    pushedBefore: msOf(pushedBefore),
    pushedAfter: msOf(pushedAfter),
    atLeastBytes: minBytes,
    atMostBytes: maxBytes,
  };
}
