import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PoliciesModule } from '#policies';
import { AgentEntity } from './agent.entity.js';
import { AgentService } from './agent.service.js';
import { AttemptService } from './attempts.service.js';
import { InvitationService } from './invitation.service.js';
import { RoleEntity } from './role.entity.js';
import { RoleService } from './role.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionService } from './session.service.js';
import { SessionStrategy } from './session.strategy.js';
import { SetupService } from './setup.service.js';
import { SweepAttemptsJob } from './sweep-attempts.job.js';
import { TeamService } from './team.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([AgentEntity, RoleEntity, SessionEntity]), PassportModule, PoliciesModule],
  providers: [
    AgentService,
    AttemptService,
    InvitationService,
    RoleService,
    SessionService,
    SessionStrategy,
    SetupService,
    SweepAttemptsJob,
    TeamService,
  ],
  exports: [AgentService, InvitationService, RoleService, SessionService, SetupService, TeamService],
})
export class AccountsModule {}
