/**
 * MESSENGER: the language of Facebook pages.
 *
 * Promises  bytes are trusted by their signature alone; ids never go through a float; an event that is not understood is still shown;
 *           what Meta says no to becomes something an agent can do
 * Never     stores, or knows what a tenant keeps
 */
export { GraphClient } from './graph-client.js';
export { MessengerChannel } from './messenger.channel.js';
export { MESSENGER_BODY_BYTES_MAX, MessengerDoor } from './messenger-door.js';
export { PageService } from './page.service.js';
