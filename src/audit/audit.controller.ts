import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { decodeCursor, type ListScope } from '../common/cursor';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { AuditEventsReader, type AuditFilters } from './audit-events.reader';
import { AuditEventPage } from './dto/audit-event.dto';
import { AuditEventsQuery, AuditExportQuery } from './dto/audit-query.dto';
import { streamEvents } from './stream-events';

const NDJSON = 'application/x-ndjson';
const EXAMPLE = `${JSON.stringify({
  id: '0198c5c2-6f57-7c3a-9d2e-2b7f0d1c4a55',
  time: '2026-11-27T09:30:00.000Z',
  type: 'auth.login.failed',
  outcome: 'failure',
  request_id: '5f0f9d3a-7d8e-4c54-8f7b-0c1f4d2e9b61',
  actor: null,
  target: { kind: 'user', id: '3f2b8c1e-5a64-4a7e-9c1d-8e2f7b6a5d40' },
  source: { ip: '203.0.113.7', user_agent: 'a browser' },
  changes: null,
})}\n`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

@ApiTags('Audit')
@Controller('audit/events')
export class AuditController {
  constructor(private readonly events: AuditEventsReader) {}

  /**
   * List security events
   * @remarks Newest first, in pages.
   */
  @Get()
  @RequirePermission('audit:read', 'invalid-input')
  @ApiOkResponse({ type: AuditEventPage, description: 'A page of events' })
  async listEvents(@Query() query: AuditEventsQuery): Promise<AuditEventPage> {
    const { limit = DEFAULT_PAGE_SIZE, cursor, ...filters } = query;
    const scope: ListScope = { list: 'audit', ...filters };
    const before = decodeCursor(scope, cursor, (key) => TIME.test(key));
    return toPage(await this.events.find(filtersOf(filters), before, limit), limit, scope, (event) => event);
  }

  /**
   * Export security events
   * @remarks Newest first, one JSON object a line, with the filters of the list.
   */
  @Get('export')
  @RequirePermission('audit:read', 'invalid-input')
  @ApiProduces(NDJSON)
  @ApiOkResponse({
    description: 'The events',
    content: { [NDJSON]: { schema: { type: 'string' }, example: EXAMPLE } },
  })
  async exportEvents(@Query() query: AuditExportQuery, @Res() response: Response): Promise<void> {
    await streamEvents(this.events, filtersOf(query), response.type(NDJSON));
  }
}

function filtersOf({ request_id: requestId, from, to, ...filters }: AuditExportQuery): AuditFilters {
  return {
    ...filters,
    requestId,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}
