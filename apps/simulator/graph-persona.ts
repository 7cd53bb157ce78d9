/** The names under which a page answers: `/{page}/personas` and `/{persona}`. */
import { randomInt } from 'node:crypto';
import { needsScopes, needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { invalidParameter, noPermission } from './graph-error.js';
import { textIn } from './graph-input.js';
import { pagedBy } from './graph-paging.js';
import type { SimPage } from './page-world.js';

/** Source: Meta, Personas. */
const NAME_LENGTH_MAX = 50;
const PERSONAS_MAX = 1000;
const PER_ANSWER_MAX = 25;

export interface Persona {
  id: string;
  pageId: string;
  name: string;
  pictureUrl: string | null;
}

export class Personas {
  private readonly byId = new Map<string, Persona>();

  add(persona: Omit<Persona, 'id'>): Persona {
    const added = { ...persona, id: `6${String(randomInt(1e14)).padStart(15, '0')}` };
    if (this.byId.size >= PERSONAS_MAX) this.byId.delete(this.byId.keys().next().value ?? '');
    this.byId.set(added.id, added);
    return added;
  }

  find(page: SimPage, id: string): Persona | null {
    const persona = this.byId.get(id);
    return persona?.pageId === page.id ? persona : null;
  }

  /** The page's own persona, or the refusal of a send. */
  must(page: SimPage, id: string): Persona {
    const persona = this.find(page, id);
    if (!persona) throw invalidParameter('Param persona_id must be the id of a persona of this page');
    return persona;
  }

  of(page: SimPage): Persona[] {
    return [...this.byId.values()].filter((persona) => persona.pageId === page.id);
  }

  remove(id: string): void {
    this.byId.delete(id);
  }
}

/** `POST|GET /{page}/personas`. The picture may be left out. */
export function personas(desk: { personas: Personas; baseUrl: () => string }, ask: GraphAsk): object {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  needsScopes(page, 'pages_messaging');
  if (!page.personas) throw noPermission('The app may not use personas on this page');
  if (ask.method === 'GET')
    return pagedBy(ask, desk.personas.of(page), { perAnswerMax: PER_ANSWER_MAX, baseUrl: desk.baseUrl(), factsOf: personaFacts });
  const name = textIn(ask.values, 'name');
  if (name === null || name.length > NAME_LENGTH_MAX) throw invalidParameter(`Param name must have 1 to ${NAME_LENGTH_MAX} characters`);
  const pictureUrl = textIn(ask.values, 'profile_picture_url');
  if (pictureUrl !== null && !URL.canParse(pictureUrl)) throw invalidParameter('Param profile_picture_url must be a valid URI');
  return { id: desk.personas.add({ pageId: page.id, name, pictureUrl }).id };
}

export function personaFacts({ id, name, pictureUrl }: Persona): Record<string, unknown> & { id: string } {
  return { name, ...(pictureUrl === null ? {} : { profile_picture_url: pictureUrl }), id };
}
