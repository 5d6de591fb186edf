import { integer } from './rules';
import type { Runtime } from './runtime.config';
import { setting, sliceOf, type ValuesOf } from './setting';

export const EVENTS_SETTINGS = {
  streams: setting(
    'AUTH_EVENT_STREAMS',
    integer(0, 100_000).default(1000),
    'Maximum number of open streams of `GET /auth/events`, of all workers together; further ones are answered 503',
  ),
};

type EventsValues = ReturnType<typeof eventsValues>;

/** Settings of the event feed. */
export class EventsConfig extends sliceOf<EventsValues>() {}

/** Divides the streams among the workers; each may have one at least. */
export function eventsValues({ streams }: ValuesOf<typeof EVENTS_SETTINGS>, { workers }: Runtime) {
  return { streams: Math.min(streams, Math.max(1, Math.floor(streams / workers))) };
}
