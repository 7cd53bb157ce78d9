/**
 * REALTIME: tells browsers what changed, in order, losing nothing.
 *
 * Owns      feed_head, feed_line, the sockets
 * Promises  a line is in the feed if and only if its change committed; numbers are per tenant, without gaps, in the order of commits; a
 *           socket replays from the last number it saw, or says `resync`; a socket closes when its session ends
 * Uses      accounts, jobs
 * Never     sends content: ids only, the browser fetches through the API
 */
export { realtimeDataMap } from './data-map.js';
export { Feed } from './feed.service.js';
export { FeedGateway } from './feed.gateway.js';
export { RealtimeModule } from './realtime.module.js';
