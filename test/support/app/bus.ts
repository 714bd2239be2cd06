import { type Bus, createBus } from '../../../server/bus/bus.ts';
import { createLogger } from '../../../server/log.ts';

/** For a part that is tested alone: who is interested subscribes. */
export function quietBus(): Bus {
  return createBus(createLogger('silent'));
}
