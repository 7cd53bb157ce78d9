/**
 * E-MAIL: speaks mail, so that nobody else has to.
 *
 * Promises  no mail stops the program or is lost by being read; nothing that is shown can run, fetch or deceive; a token is good for
 *           one mailbox of one tenant and cannot be made by anyone else; a mail is only called ours once it is kept
 * Never     stores, or knows what a tenant keeps
 */
export { EmailChannel } from './email.channel.js';
export { signInbound } from './inbound-signature.js';
export { InstallationMail } from './installation-mail.js';
export { MAIL_BYTES_MAX, MailDoor } from './mail-door.js';
export { MailboxDoctor } from './mailbox-doctor.js';
export { MailboxService } from './mailbox.service.js';
