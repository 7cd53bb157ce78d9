import { simApi } from './sim-api.js';
import { simPage } from './sim-page.js';
import type { SimulatorOptions } from './simulator-parts.js';
import { Simulator } from './simulator.js';

/** Starts the simulator with all its doors. Rejects when a port is taken. */
export function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  return new Simulator(options, (server, inside) => {
    simPage(server);
    simApi(server, inside);
  }).start();
}
