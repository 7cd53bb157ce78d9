/**
 * E-MAIL: speaks mail, so that nobody else has to.
 *
 * Promises  no mail stops the program or is lost by being read; nothing that is shown can run, fetch or deceive; a token is good for
 *           one mailbox of one tenant and cannot be made by anyone else; a mail is only called ours once it is kept
 * Never     stores, or knows what a tenant keeps
 */
export { AgentMailAlarmJob } from './agent-mail-alarm.job.js';
export { AgentNotices } from './agent-notice.js';
export { type AgentToken, AgentTokens } from './agent-token.js';
export { DkimKeys } from './dkim-key.service.js';
export { EmailChannel } from './email.channel.js';
export { signInbound } from './inbound-signature.js';
export { InstallationMail } from './installation-mail.js';
export { MAIL_BYTES_MAX, MailDoor } from './mail-door.js';
export { MailFetcher } from './mail-fetcher.service.js';
export { MailboxHealth } from './mailbox-health.js';
export { MailLoginClient } from './mail-login-client.js';
export { MailLoginService } from './mail-login.service.js';
export { MailRelay } from './mail-relay.js';
export { MailTest } from './mail-test.js';
export { MailTokens } from './mail-tokens.service.js';
export { MailboxGuess } from './guess-mailbox.service.js';
export { MailboxTrial } from './mailbox-trial.js';
export { MailboxDoctor } from './mailbox-doctor.js';
export { InboundMail } from './read-inbound.js';
export { MailboxReadingFacts } from './reading-facts.js';
export { ProviderDoor } from './provider-door.js';
export type { MailProvider } from './webhook-provider.js';
export { MailboxSender } from './mailbox-sender.service.js';
export { MailboxService } from './mailbox.service.js';
export { SendPace } from './send-pace.service.js';
