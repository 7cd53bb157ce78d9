import type { Command } from './command.js';
import { installationCommands } from './installation-commands.js';
import { operatorCommands } from './operator-commands.js';
import { tenantCommands } from './tenant-commands.js';

export const COMMANDS: readonly Command[] = [...tenantCommands, ...operatorCommands, ...installationCommands];
