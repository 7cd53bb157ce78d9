import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '#audit';
import { PoliciesModule } from '#policies';
import { AgentEntity } from './agent.entity.js';
import { AgentService } from './agent.service.js';
import { AttemptService } from './attempts.service.js';
import { InvitationService } from './invitation.service.js';
import { OperatorAccounts } from './operator-account.service.js';
import { OperatorAddressList } from './operator-address.service.js';
import { OperatorGrants } from './operator-grant.service.js';
import { OperatorPasskeys } from './operator-passkey.service.js';
import { OperatorSessions } from './operator-session.service.js';
import { OperatorSignatures } from './operator-signatures.service.js';
import { RecordAuditHeadsJob } from './record-audit-heads.job.js';
import { SessionEntity } from './session.entity.js';
import { SessionService } from './session.service.js';
import { SessionStrategy } from './session.strategy.js';
import { SetupService } from './setup.service.js';
import { SignInRecord } from './sign-in-record.js';
import { SweepAttemptsJob } from './sweep-attempts.job.js';
import { SweepOperatorsJob } from './sweep-operators.job.js';
import { TenantService } from './tenant.service.js';

const OPERATOR = [OperatorAccounts, OperatorAddressList, OperatorGrants, OperatorPasskeys, OperatorSessions, OperatorSignatures];

@Module({
  imports: [TypeOrmModule.forFeature([AgentEntity, SessionEntity]), PassportModule, AuditModule, PoliciesModule],
  providers: [
    AgentService,
    AttemptService,
    InvitationService,
    ...OPERATOR,
    RecordAuditHeadsJob,
    SessionService,
    SessionStrategy,
    SetupService,
    SignInRecord,
    SweepAttemptsJob,
    SweepOperatorsJob,
    TenantService,
  ],
  exports: [AgentService, InvitationService, ...OPERATOR, SessionService, SetupService, TenantService],
})
export class AccountsModule {}
