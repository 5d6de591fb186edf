import { once } from 'node:events';
import type { Response } from 'express';
import type { Position } from '../common/cursor';
import { onBehalfOf } from '../common/request-scope';
import type { AuditEventsReader, AuditFilters } from './audit-events.reader';

const BATCH = 500;

/**
 * Writes events as lines of JSON, a batch at a time and no faster than the client reads. Each read has its own limit, not that of the
 * request. An error after the first line cuts the connection, so that half an export is none.
 */
export async function streamEvents(
  events: AuditEventsReader,
  filters: AuditFilters,
  response: Response,
): Promise<void> {
  let before: Position | undefined;
  do {
    const from = before;
    const rows = await onBehalfOf(undefined, () => events.find(filters, from, BATCH));
    const shown = rows.slice(0, BATCH);
    const lines = shown.map(({ row }) => `${JSON.stringify(row)}\n`).join('');
    if (lines !== '' && !response.write(lines))
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    before = rows.length > BATCH && !response.closed ? shown.at(-1)?.position : undefined;
  } while (before);
  response.end();
}
