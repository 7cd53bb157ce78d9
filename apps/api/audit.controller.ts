import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Post, Query, StreamableFile } from '@nestjs/common';
import { type Actor, auditedAs } from '#accounts';
import { AuditReader, AuditVerifier } from '#audit';
import { type AuditEntry, AuditQuery, type AuditVerification, AuditVerify, type Page } from '#contract';
import { valid } from '#platform';
import { Allow, Fresh, Who } from './who.js';

const AS_LINES = { type: 'application/x-ndjson', disposition: 'attachment; filename="audit.ndjson"' };

/** What was done, and by whom. */
@Controller('api/audit')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly verifier: AuditVerifier,
  ) {}

  @Get()
  @Allow('audit:read')
  list(@Who() actor: Actor, @Query(valid(AuditQuery)) query: AuditQuery): Promise<Page<AuditEntry>> {
    return this.reader.list(actor.tenantId, query);
  }

  @Get('export')
  @Allow('audit:read')
  @Fresh()
  export(@Who() actor: Actor): StreamableFile {
    return new StreamableFile(Readable.from(this.reader.export(actor.tenantId, auditedAs(actor))), AS_LINES);
  }

  @Post('verify')
  @HttpCode(200)
  @Allow('audit:read')
  verify(@Who() actor: Actor, @Body(valid(AuditVerify)) { after }: AuditVerify): Promise<AuditVerification> {
    return this.verifier.verifyFor(actor.tenantId, auditedAs(actor), after);
  }
}
