import { type Config, configSchema } from '../../../server/config/config.ts';
import { resolveConfig } from '../../../server/config/resolve.ts';

/** The settings as a server outside of a container would have them, without a file or an environment. */
export function configOf(given: object = {}): Config {
  return resolveConfig(configSchema.parse(given), false).config;
}
