import type { Change } from '../changes/change';

/** A change that consumers are told of: their answers about services are not theirs to keep. */
export type ToldChange = Exclude<Change, { readonly kind: 'services-changed' }>;

/** A change as the feed tells it: ids only. */
export function changeText(change: ToldChange): string {
  return eventText(change.kind, dataOf(change));
}

/** An event of text/event-stream (HTML, section 9.2.5). */
export function eventText(kind: string, data: Readonly<Record<string, unknown>>): string {
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

function dataOf(change: ToldChange): Readonly<Record<string, unknown>> {
  switch (change.kind) {
    case 'session-ended':
      return { sid: change.sessionId };
    case 'user-changed':
      return { uid: change.userId };
    case 'user-ended':
      return { uid: change.userId, not_before: change.notBefore };
    case 'all-changed':
    case 'reset':
      return {};
  }
}
