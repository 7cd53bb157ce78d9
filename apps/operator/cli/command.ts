import type { Config } from '#platform';
import type { Told } from './told.js';

/** What was typed after the command: parts and options by name. A switch is there or not. */
export type Given = Readonly<Record<string, string | undefined>>;

export interface Option {
  name: string;
  means: string;
  isNeeded?: boolean;
  isSwitch?: boolean;
}

export interface Command {
  /** `tenant create` */
  name: string;
  does: string;
  more?: string[];
  /** What stands after it without a name. */
  parts?: string[];
  options: Option[];
  /** Done by the running server, unless `--local` says otherwise. */
  isThroughTheDoor: boolean;
  run: (config: Config, given: Given) => Promise<Told>;
}
