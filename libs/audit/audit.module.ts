import { Module } from '@nestjs/common';
import { Audit } from './audit.service.js';
import { AuditHeads } from './head.service.js';
import { AuditPersonal } from './personal.service.js';
import { AuditReader } from './read.service.js';
import { AuditVerifier } from './verify.service.js';

const PARTS = [Audit, AuditHeads, AuditPersonal, AuditReader, AuditVerifier];

@Module({ providers: PARTS, exports: PARTS })
export class AuditModule {}
