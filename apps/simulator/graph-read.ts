/** What may be looked up by its id: the app, a page, a person, a thread, a message, a comment, a persona. */
import { ADMINS } from './demo-world.js';
import { readMessage, readThread, type ArchiveDesk } from './graph-archive.js';
import type { GraphAsk } from './graph-call.js';
import { commentFacts } from './graph-comment.js';
import { appFacts, pageFacts } from './graph-connect.js';
import { GraphError, unknownObject } from './graph-error.js';
import { pick, readFields, type Fields } from './graph-fields.js';
import { textIn } from './graph-input.js';
import { personaFacts, type Personas } from './graph-persona.js';
import type { SimApp } from './graph-token.js';
import { nameOf, type SimCustomer } from './page-world.js';

const NODE_FIELDS = 'id,name';
const PROFILE_FIELDS = 'first_name,last_name,profile_pic';
const PERSONA_FIELDS = 'id,name,profile_picture_url';
const COMMENT_FIELDS = 'id,created_time,from,message';
/** Each needs a permission of its own, which the app does not have. */
const WITHHELD_FIELDS = ['locale', 'timezone', 'gender'];

export interface ReadDesk extends ArchiveDesk {
  app: SimApp;
  personas: Personas;
  faceOf: (customer: SimCustomer) => string;
}

/** `GET /{id}`. `me` is whoever the token speaks for. */
export function readNode(desk: ReadDesk, ask: GraphAsk): object {
  const asked = textIn(ask.values, 'fields');
  const fields = asked === null ? null : readFields(asked);
  const { token } = ask;
  if (ask.id === desk.app.id && token.kind !== 'page') return pick(appFacts(desk.app), fields ?? readFields(NODE_FIELDS));
  if (token.kind === 'user' && ask.id === 'me') {
    const person = ADMINS.find(({ id }) => id === token.userId) ?? ADMINS[0];
    return pick({ ...person }, fields ?? readFields(NODE_FIELDS));
  }
  if (token.kind !== 'page') throw unknownObject(ask.method, ask.id);
  const { page } = token;
  if (ask.id === 'me' || ask.id === page.id) return pick(pageFacts(page), fields ?? readFields(NODE_FIELDS));
  if (ask.id.startsWith('t_')) return readThread(desk, ask, fields);
  if (ask.id.startsWith('m')) return readMessage(desk, ask, fields);
  const comment = desk.world.feed.comment(ask.id);
  if (comment?.pageId === page.id && !comment.isRemoved)
    return pick(commentFacts(desk.world, comment), fields ?? readFields(COMMENT_FIELDS));
  const persona = desk.personas.find(page, ask.id);
  if (persona) return pick(personaFacts(persona), fields ?? readFields(PERSONA_FIELDS));
  const customer = desk.world.customer(ask.id);
  if (customer?.pageId !== page.id || customer.lastActAtMs === null) throw unknownObject(ask.method, ask.id);
  return profile(desk, customer, fields ?? readFields(PROFILE_FIELDS));
}

function profile(desk: ReadDesk, customer: SimCustomer, fields: Fields): object {
  if (WITHHELD_FIELDS.some((field) => fields.has(field)))
    throw new GraphError({ code: 100, subcode: 2018247, message: '(#100) Insufficient permission to access user profile.' });
  const { psid, firstName, lastName } = customer;
  const picture = desk.media.url(desk.faceOf(customer));
  return pick({ id: psid, name: nameOf(customer), first_name: firstName, last_name: lastName, profile_pic: picture }, fields);
}
