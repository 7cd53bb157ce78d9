import { Controller, Get, HttpCode, Post, Body, Query } from '@nestjs/common';
import { type OperatorActor, operatorAuditedAs } from '#accounts';
import { AuditReader, AuditVerifier } from '#audit';
import { type AuditEntry, AuditQuery, type AuditVerification, AuditVerify, type Page } from '#contract';
import { valid } from '#platform';
import { AllowOperator, Operator } from './operator-who.js';

/** The installation's own audit. A tenant's is the tenant's. */
@Controller('operator/api/audit')
export class InstallationAuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly verifier: AuditVerifier,
  ) {}

  @Get()
  @AllowOperator('installation_audit:read')
  list(@Query(valid(AuditQuery)) query: AuditQuery): Promise<Page<AuditEntry>> {
    return this.reader.list('installation', query);
  }

  @Post('verify')
  @HttpCode(200)
  @AllowOperator('installation_audit:read')
  verify(@Operator() operator: OperatorActor, @Body(valid(AuditVerify)) { after }: AuditVerify): Promise<AuditVerification> {
    return this.verifier.verifyFor('installation', operatorAuditedAs(operator), after);
  }
}
