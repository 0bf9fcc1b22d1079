import type { Experiment } from '../src/experiment/language.ts';
import { retries } from './retries.ts';

/** Every experiment, in the order of the list. */
export const experiments: readonly Experiment[] = [retries];
