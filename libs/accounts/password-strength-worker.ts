import { parentPort } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/*
 * A thread of its own, because an estimate of a long password takes most of a second: nobody else may wait for it.
 * The list of passwords in here is that of the leaks; nothing is asked of anybody outside.
 */

export interface StrengthQuestion {
  password: string;
  /** Words that whoever guesses would try first. */
  words: string[];
}

const estimate = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

parentPort?.on('message', ({ password, words }: StrengthQuestion) => {
  parentPort!.postMessage(estimate.check(password, words).score);
});
