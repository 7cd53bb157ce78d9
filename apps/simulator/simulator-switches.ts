import type { Behaviour } from './behaviour.js';
import type { DemoCustomer, DemoPage } from './demo-world.js';
import { faultNamed, type FaultName, type FaultPlace } from './fault-table.js';
import type { Faults } from './faults.js';
import type { CallbackAnswer } from './meta-callbacks.js';
import { sendSignedRequest } from './meta-callbacks.js';
import type { SimCustomer, SimPage, PageSettings } from './page-world.js';
import { SimulatorServer } from './simulator-server.js';
import { faultsOf, type Weather } from './weather.js';

/** What a person who runs the world can switch: what goes wrong, what the vendor does by itself, what a page is allowed. */
export class SimulatorSwitches extends SimulatorServer {
  weather: Weather[] = [];

  /** Every part that is named is replaced; what is left out stays. */
  setFaults(faults: Faults): void {
    this.weather = [];
    this.parts.faults.set(faults);
    this.parts.watch.changed();
  }

  /** One more fault beside those that are on, by its name in the table. Left out: for every page, and until faults are cleared. */
  fault(name: FaultName, place: FaultPlace = {}): void {
    this.parts.faults.add(faultNamed(name, place));
    this.parts.watch.changed();
  }

  clearFaults(): void {
    this.setWeather([]);
  }

  setWeather(weather: Weather[]): void {
    this.weather = weather;
    this.parts.faults.set(faultsOf(weather));
    this.parts.watch.changed();
  }

  setBehaviour(behaviour: Partial<Behaviour>): void {
    Object.assign(this.parts.behaviour, behaviour);
    this.parts.watch.changed();
  }

  /** The page's token is refused with 190 from now on; the next login hands out a new one. */
  killPageToken(pageId: string, subcode = 460): void {
    this.parts.world.killToken(this.parts.world.mustPage(pageId), subcode);
    this.parts.watch.changed();
  }

  revivePageToken(pageId: string): void {
    this.parts.world.reviveTokens(this.parts.world.mustPage(pageId));
    this.parts.watch.changed();
  }

  /** The token with which an app speaks for the page now. */
  pageToken(pageId: string): string {
    return this.parts.world.currentToken(this.parts.world.mustPage(pageId));
  }

  /** What Meta granted and how the page is set up: Human Agent, personas, permissions, tasks, conversation routing. */
  setPage(pageId: string, settings: Partial<PageSettings>): void {
    Object.assign(this.parts.world.mustPage(pageId), settings);
    this.parts.watch.changed();
  }

  /** One more page, for tests that need another or many. */
  addPage(page: DemoPage): SimPage {
    const added = this.parts.world.addPage(page);
    this.parts.watch.changed();
    return added;
  }

  /** One more person who can write to a page, for tests that need a crowd. */
  addCustomer(pageId: string, person: DemoCustomer): SimCustomer {
    return this.parts.world.addCustomer(pageId, person);
  }

  /** A person who runs pages removed the app: `signed_request` goes to this address, and the tokens that he or she gave die. */
  async personRemovesApp(url: string, userId?: string): Promise<CallbackAnswer> {
    const { app, clock, world, watch } = this.parts;
    const id = userId ?? world.pages[0]?.grantedBy ?? '';
    for (const page of world.pages) {
      if (page.grantedBy !== id) continue;
      world.killToken(page, APP_REMOVED);
      page.subscribedFields = null;
    }
    watch.changed();
    return sendSignedRequest(url, app.secret, { userId: id, atMs: clock.nowMs() });
  }

  /** A person who runs pages asks that his or her data be deleted. Answers what the app said. */
  personAsksDeletion(url: string, userId?: string): Promise<CallbackAnswer> {
    const { app, clock, world } = this.parts;
    return sendSignedRequest(url, app.secret, { userId: userId ?? world.pages[0]?.grantedBy ?? '', atMs: clock.nowMs() });
  }
}

const APP_REMOVED = 458;
