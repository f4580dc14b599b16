import type { Collection } from '../collections';
import { LOCAL_EDGE } from '../names';
import { type JobDocument, readsLocally } from './job';

export interface Problem {
  readonly field: string;
  readonly message: string;
}

export interface ProblemFacts {
  readonly hasModel: boolean;
  /** Null = not known now. */
  readonly collections: readonly Pick<Collection, 'name'>[] | null;
  /** Why it cannot run where it trains, unless that is this Node-RED; undefined = it can. */
  readonly refusal: string | undefined;
}

/** Everything that keeps a job from running, at once. */
export function findProblems(
  { fields, files }: JobDocument,
  { hasModel, collections, refusal }: ProblemFacts,
): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, message: string): void => void problems.push({ field, message });
  if (!hasModel) add('baseModel', `There is no model named ${fields.baseModel}.`);
  if (fields.trainingEdge !== LOCAL_EDGE && refusal !== undefined) add('trainingEdge', refusal);
  if (fields.scripts.length === 0) add('scripts', 'The job has no script.');
  for (const name of fields.scripts) {
    if (!files.scripts.some(({ path }) => path === name)) add('scripts', `The file of the script ${name} is missing.`);
  }
  if (collections === null) return problems;
  const known = new Set(collections.map(({ name }) => name.toLowerCase()));
  for (const [index, query] of fields.queries.entries()) {
    if (!readsLocally(query, fields) || !query.newDataOnly) continue;
    for (const name of query.newDataCollections) {
      if (!known.has(name.toLowerCase())) add(`queries.${index}`, `There is no collection named ${name}.`);
    }
  }
  return problems;
}
