import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '#audit';
import { PoliciesModule } from '#policies';
import { AgentEntity } from './agent.entity.js';
import { AgentSessionsService } from './agent-sessions.service.js';
import { AgentService } from './agent.service.js';
import { ApiKeyService } from './api-key.service.js';
import { AttemptService } from './attempts.service.js';
import { EntranceService } from './entrance.service.js';
import { InvitationService } from './invitation.service.js';
import { IpListService } from './ip-list.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionLockService } from './session-lock.service.js';
import { SessionRulesService } from './session-rules.service.js';
import { SessionService } from './session.service.js';
import { SessionStrategy } from './session.strategy.js';
import { SetupService } from './setup.service.js';
import { SweepAttemptsJob } from './sweep-attempts.job.js';

@Module({
  imports: [TypeOrmModule.forFeature([AgentEntity, SessionEntity]), PassportModule, AuditModule, PoliciesModule],
  providers: [
    AgentService,
    AgentSessionsService,
    ApiKeyService,
    AttemptService,
    EntranceService,
    InvitationService,
    IpListService,
    SessionLockService,
    SessionRulesService,
    SessionService,
    SessionStrategy,
    SetupService,
    SweepAttemptsJob,
  ],
  exports: [
    AgentService,
    AgentSessionsService,
    ApiKeyService,
    EntranceService,
    InvitationService,
    IpListService,
    SessionLockService,
    SessionRulesService,
    SessionService,
    SetupService,
  ],
})
export class AccountsModule {}
