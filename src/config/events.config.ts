import { integer } from './rules';
import { setting, sliceOf, type ValuesOf } from './setting';

export const EVENTS_SETTINGS = {
  streams: setting(
    'AUTH_EVENT_STREAMS',
    integer(0, 100_000).default(1000),
    'Maximum number of open streams of `GET /auth/events`; further ones are answered 503',
  ),
};

/** Settings of the event feed. */
export class EventsConfig extends sliceOf<ValuesOf<typeof EVENTS_SETTINGS>>() {}
