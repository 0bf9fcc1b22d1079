/** One contradiction of a declaration: what is wrong with its values, and what to change. */
export interface TopologyProblem {
  message: string;
  next: string;
}
