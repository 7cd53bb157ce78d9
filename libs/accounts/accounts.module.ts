import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '#audit';
import { PoliciesModule } from '#policies';
import { AgentEntity } from './agent.entity.js';
import { AgentService } from './agent.service.js';
import { AttemptService } from './attempts.service.js';
import { InvitationService } from './invitation.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionService } from './session.service.js';
import { SessionStrategy } from './session.strategy.js';
import { SetupService } from './setup.service.js';
import { SweepAttemptsJob } from './sweep-attempts.job.js';

@Module({
  imports: [TypeOrmModule.forFeature([AgentEntity, SessionEntity]), PassportModule, AuditModule, PoliciesModule],
  providers: [AgentService, AttemptService, InvitationService, SessionService, SessionStrategy, SetupService, SweepAttemptsJob],
  exports: [AgentService, InvitationService, SessionService, SetupService],
})
export class AccountsModule {}
