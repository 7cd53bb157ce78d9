/**
 * CONTRACT: the shapes that cross the HTTP and socket border, once.
 *
 * Owns      every request and answer body, every change on the socket, every error code
 * Promises  the server checks with these, the browser is typed by these, OpenAPI is printed from these
 * Uses      zod alone; it is shared with the browser
 * Never     holds a rule of the domain, reads a clock or touches the network
 */
export * from './agents.js';
export * from './audit.js';
export * from './connections.js';
export * from './contacts.js';
export * from './conversations.js';
export * from './errors.js';
export * from './factors.js';
export * from './feed.js';
export * from './mail.js';
export * from './mailboxes.js';
export * from './messages.js';
export * from './operator.js';
export * from './pages.js';
export * from './passwords.js';
export * from './policies.js';
export * from './roles.js';
export * from './security.js';
export * from './session.js';
export * from './ways-in.js';
