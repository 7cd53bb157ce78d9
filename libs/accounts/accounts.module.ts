import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '#audit';
import { PoliciesModule } from '#policies';
import { AddressChangeService } from './address-change.service.js';
import { AgentEntity } from './agent.entity.js';
import { AgentSessionsService } from './agent-sessions.service.js';
import { AgentLinks } from './agent-links.service.js';
import { AgentNotices } from './agent-notices.service.js';
import { AgentService } from './agent.service.js';
import { ApiKeyService } from './api-key.service.js';
import { AskedPasswordResetJob } from './asked-password-reset.job.js';
import { AttemptService } from './attempts.service.js';
import { ConfirmByProvider } from './confirm-by-provider.service.js';
import { ConfirmService } from './confirm.service.js';
import { EntranceService } from './entrance.service.js';
import { FactorService } from './factor.service.js';
import { IdentityAttempts } from './identity-attempts.service.js';
import { IdentityClient } from './identity-client.js';
import { IdentityLinks } from './identity-link.service.js';
import { IdentityProviderService } from './identity-provider.service.js';
import { InvitationService } from './invitation.service.js';
import { OperatorAccounts } from './operator-account.service.js';
import { OperatorAddressList } from './operator-address.service.js';
import { OperatorGrants } from './operator-grant.service.js';
import { OperatorPasskeys } from './operator-passkey.service.js';
import { OperatorSessions } from './operator-session.service.js';
import { OperatorSignatures } from './operator-signatures.service.js';
import { IpListService } from './ip-list.service.js';
import { RoleEntity } from './role.entity.js';
import { RoleService } from './role.service.js';
import { LeaveService } from './leave.service.js';
import { PasskeyChallenges } from './passkey-challenges.service.js';
import { PasskeyService } from './passkey.service.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordResetService } from './password-reset.service.js';
import { PasswordService } from './passwords.service.js';
import { ProofService } from './proof.service.js';
import { ReadingVolume } from './reading-volume.service.js';
import { RecordAuditHeadsJob } from './record-audit-heads.job.js';
import { RecoveryCodes } from './recovery-codes.service.js';
import { SecuritySettings } from './security.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionLockService } from './session-lock.service.js';
import { SessionRulesService } from './session-rules.service.js';
import { SessionService } from './session.service.js';
import { SessionStrategy } from './session.strategy.js';
import { SetupService } from './setup.service.js';
import { SignInRecord } from './sign-in-record.js';
import { SignInService } from './sign-in.service.js';
import { SingleSignOnService } from './single-sign-on.service.js';
import { SweepAttemptsJob } from './sweep-attempts.job.js';
import { SweepOperatorsJob } from './sweep-operators.job.js';
import { TeamService } from './team.service.js';
import { TenantService } from './tenant.service.js';
import { TotpService } from './totp.service.js';

/** What doors and rooms above may ask for. */
const OFFERED = [
  AddressChangeService,
  AgentLinks,
  AgentService,
  AgentSessionsService,
  ApiKeyService,
  ConfirmService,
  EntranceService,
  FactorService,
  IdentityLinks,
  IdentityProviderService,
  InvitationService,
  IpListService,
  LeaveService,
  OperatorAccounts,
  OperatorAddressList,
  OperatorGrants,
  OperatorPasskeys,
  OperatorSessions,
  OperatorSignatures,
  PasskeyService,
  PasswordChangeService,
  PasswordResetService,
  ReadingVolume,
  RoleService,
  SecuritySettings,
  SessionLockService,
  SessionRulesService,
  SessionService,
  SetupService,
  SignInService,
  SingleSignOnService,
  TeamService,
  TenantService,
];

@Module({
  imports: [TypeOrmModule.forFeature([AgentEntity, RoleEntity, SessionEntity]), PassportModule, AuditModule, PoliciesModule],
  providers: [
    ...OFFERED,
    AgentNotices,
    AskedPasswordResetJob,
    AttemptService,
    ConfirmByProvider,
    IdentityAttempts,
    IdentityClient,
    PasskeyChallenges,
    PasswordService,
    ProofService,
    RecordAuditHeadsJob,
    RecoveryCodes,
    SessionStrategy,
    SignInRecord,
    SweepAttemptsJob,
    SweepOperatorsJob,
    TotpService,
  ],
  exports: OFFERED,
})
export class AccountsModule {}
