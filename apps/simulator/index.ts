/**
 * SIMULATOR: the outside world on a laptop. Facebook pages with customers behind a Graph API, and the customers' mailboxes.
 *
 * Owns      the simulated pages, people, threads, posts and mails, the DNS of their domains, their clock, and the faults that are switched on
 * Promises  it refuses what the real Graph API refuses and signs what the real webhooks sign; the same seed makes the same choices;
 *           `settled` resolves only when nothing is under way
 * Uses      nothing of the product: it must be able to disagree with it
 * Never     listens anywhere but on loopback
 */
export { PROMPT_BEHAVIOUR, type Behaviour } from './behaviour.js';
export { DEMO_APP, DEMO_PAGES, demoPageToken } from './demo-world.js';
export { FAULT_NAMES, faultNamed, type FaultName } from './fault-table.js';
export type { Faults } from './faults.js';
export type { MailToSend, SimMail } from './sim-mail.js';
export type { MailHabits } from './mail-habits.js';
export type { SimComment } from './feed-world.js';
export type { SimCustomer, SimMessage } from './page-world.js';
export type { Simulator } from './simulator.js';
export { startSimulator } from './start-simulator.js';
export type { SimulatorOptions } from './simulator-parts.js';
export { WEATHERS } from './weather.js';
