/**
 * MESSENGER: the language of Facebook pages.
 *
 * Promises  bytes are trusted by their signature alone; ids never go through a float; an event that is not understood is still shown;
 *           what Meta says no to becomes something an agent can do;
 *           what Meta allows is counted before Meta has to; a file is uploaded once per page
 * Owns      vendor_file, persona
 * Never     stores what was said, or knows what a tenant keeps
 */
export { FacebookLogin } from './facebook-login.js';
export { ForgetPersonasJob } from './forget-personas.job.js';
export { GrantorService } from './grantor.service.js';
export { GraphClient } from './graph-client.js';
export { MessengerChannel } from './messenger.channel.js';
export { MESSENGER_BODY_BYTES_MAX, MessengerDoor } from './messenger-door.js';
export { MessengerSender } from './messenger-sender.js';
export { type ArchivedThread, PageArchive } from './page-archive.js';
export { PageActs, type PersonSignal } from './page-acts.js';
export type { ArchivedMessage } from './read-archived.js';
export { PageDoctor } from './page-doctor.js';
export { PageHealth } from './page-health.service.js';
export { PageLoginService } from './page-login.service.js';
export { PageService } from './page.service.js';
export { Personas } from './personas.js';
export { SweepVendorFilesJob } from './sweep-vendor-files.job.js';
export { VendorFiles } from './vendor-files.js';
export { PageSubscription } from './page-subscription.js';
export { SelfTest } from './self-test.service.js';
export { TokenCheck } from './token-check.js';
