import { type CollectionUse, readsCollection } from '../collections';
import type { Digest } from '../ids';
import type { Usage } from '../registry';
import type { TrainingDeps } from './dependencies';
import { type JobDocument, readsLocally } from './job';

/** What jobs and runs need of models, data and files. */
export class Uses {
  #named: { readonly jobs: unknown; readonly runs: unknown; readonly digests: ReadonlySet<Digest> } | undefined;

  constructor(private readonly documents: TrainingDeps['documents']) {}

  /** Jobs that a model is the base of. */
  jobsOn(model: string): readonly JobDocument[] {
    const key = model.toLowerCase();
    return this.documents.jobs.all().filter(({ fields }) => fields.baseModel.toLowerCase() === key);
  }

  ofModel(model: string): readonly Usage[] {
    return this.jobsOn(model).map(({ name }) => ({ kind: 'job', id: name, name }));
  }

  /** Of a collection of this Node-RED. */
  ofCollection(collection: string): readonly CollectionUse[] {
    return this.#jobsWith((query, fields) => readsLocally(query, fields) && readsCollection(query.query, collection));
  }

  ofSource(source: string): readonly CollectionUse[] {
    return this.#jobsWith((query) => query.source === source);
  }

  /** Whether a job or a run names a blob. */
  ofBlob(digest: Digest): boolean {
    const { jobs, runs } = this.documents;
    const [allJobs, allRuns] = [jobs.all(), runs.all()];
    if (this.#named?.jobs !== allJobs || this.#named.runs !== allRuns) {
      const files = [...allJobs, ...allRuns].flatMap((owner) => [
        owner.files.requirements,
        ...owner.files.scripts,
        ...owner.files.additional,
      ]);
      this.#named = { jobs: allJobs, runs: allRuns, digests: new Set(files.flatMap((file) => file?.digest ?? [])) };
    }
    return this.#named.digests.has(digest);
  }

  #jobsWith(
    matches: (query: JobDocument['fields']['queries'][number], fields: JobDocument['fields']) => boolean,
  ): readonly CollectionUse[] {
    return this.documents.jobs
      .all()
      .filter(({ fields }) => fields.queries.some((query) => matches(query, fields)))
      .map(({ name }) => ({ kind: 'job', id: name, name }));
  }
}
