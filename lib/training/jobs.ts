import type { Readable } from 'node:stream';
import { LOCAL_SOURCE } from '../collections';
import { invalidInput, ModelManagementError } from '../errors';
import { newId } from '../ids';
import { LOCAL_EDGE } from '../names';
import { parseInput } from '../parse-input';
import type { TrainingDeps } from './dependencies';
import { EDGE_SOURCE, type JobDocument, JobFields, type JobFile, type JobFiles, withQueryIds } from './job';
import { checkFilePath, checkJobName, type FileKind, jobKey } from './names';
import { labelOf, placeWithLabel } from './training-place';

/** Scripts and requirements are texts; the rest may be weights. */
const MAX_TEXT_BYTES = 16_777_216;
const MAX_ADDITIONAL_BYTES = 4 * 1_073_741_824;
const MAX_FILE_COUNT = 1_000;

type JobDeps = Pick<
  TrainingDeps,
  'documents' | 'blobs' | 'secrets' | 'clock' | 'registry' | 'defaultImage' | 'sources' | 'edges'
>;

/** The jobs and their files. A change is on the disk when its promise resolves. */
export class Jobs {
  /** Changes of one job take turns: each starts from the document the one before left. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly deps: JobDeps,
    private readonly announce: (name: string, change: 'created' | 'updated' | 'deleted') => void,
  ) {}

  all(): readonly JobDocument[] {
    return this.deps.documents.jobs.all();
  }

  /** @throws {ModelManagementError} `JOB_NOT_FOUND` */
  get(name: string): JobDocument {
    const found = this.deps.documents.jobs.get(jobKey(name));
    if (found) return found;
    throw new ModelManagementError(
      'JOB_NOT_FOUND',
      `There is no job named ${JSON.stringify(name.slice(0, 80))}.`,
      'Create it in the tab Jobs, or correct the name.',
    );
  }

  find(name: string): JobDocument | undefined {
    return this.deps.documents.jobs.get(jobKey(name));
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `JOB_EXISTS`, `MODEL_NOT_FOUND` */
  create(input: unknown): Promise<JobDocument> {
    return this.#inTurn(async () => {
      const { name, ...given } = asObject(input);
      if (typeof name !== 'string') throw invalidInput('name', 'name: expected a text', 'Give the job a name.');
      checkJobName(name);
      this.#refuseTaken(name);
      const fields = this.#checked({ image: this.deps.defaultImage, ...given }, undefined);
      return this.#insert(name, fields, { requirements: null, scripts: [], additional: [] });
    });
  }

  /** A job with the same fields and files. @throws as `create` */
  clone(name: string, input: unknown): Promise<JobDocument> {
    return this.#inTurn(async () => {
      const { fields, files } = this.get(name);
      const { name: copy } = asObject(input);
      if (typeof copy !== 'string') throw invalidInput('name', 'name: expected a text', 'Give the copy a name.');
      checkJobName(copy);
      this.#refuseTaken(copy);
      // Two jobs at the same times, before anybody has looked at the copy, are not what is wanted.
      return this.#insert(copy, { ...fields, paused: fields.schedule !== null }, files);
    });
  }

  /** @param patch - fields that replace the old ones as a whole. @throws {ModelManagementError} `INVALID_INPUT`, `JOB_NOT_FOUND` */
  update(name: string, patch: unknown): Promise<JobDocument> {
    return this.#inTurn(async () => {
      const job = this.get(name);
      const { name: other, ...given } = asObject(patch);
      if (other !== undefined && other !== job.name) {
        throw invalidInput(
          'name',
          'The name of a job cannot change.',
          'Clone it under the new name and delete this one.',
        );
      }
      const fields = this.#checked({ ...job.fields, ...given }, job);
      const hasSchedule = JSON.stringify(fields.schedule) !== JSON.stringify(job.fields.schedule);
      const hasResumed = job.fields.paused && !fields.paused;
      const now = this.deps.clock.now();
      return this.#put({
        ...job,
        fields,
        updatedAt: now,
        pauseReason: fields.paused ? job.pauseReason : null,
        failuresInRow: hasResumed ? 0 : job.failuresInRow,
        // What was due while it was paused, or under another schedule, is not made up for.
        scheduleHandledAt: hasSchedule || hasResumed ? now : job.scheduleHandledAt,
      });
    });
  }

  /** For what the scheduler and ended runs have to note. */
  note(name: string, change: (job: JobDocument) => JobDocument): Promise<JobDocument | undefined> {
    return this.#inTurn(async () => {
      const job = this.find(name);
      const changed = job && change(job);
      return changed === undefined || changed === job ? job : this.#put(changed);
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const job = this.get(name);
      await this.deps.documents.jobs.delete(job._id);
      this.announce(job.name, 'deleted');
    });
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `JOB_NOT_FOUND`, `FILE_NOT_FOUND` */
  file(name: string, kindText: string, path: string): JobFile {
    const kind = checkFilePath(kindText, path);
    const found = listOf(this.get(name).files, kind).find((file) => file.path === path);
    if (found) return found;
    throw new ModelManagementError(
      'FILE_NOT_FOUND',
      `The job ${name} has no file ${kind}/${path}.`,
      'Put it, or correct the path.',
    );
  }

  /** Stores a file; a new script is the last to run. @throws {ModelManagementError} `INVALID_INPUT`, `PAYLOAD_TOO_LARGE` */
  async putFile(
    name: string,
    kindText: string,
    path: string,
    body: Readable,
    signal: AbortSignal,
  ): Promise<JobDocument> {
    const kind = checkFilePath(kindText, path);
    this.get(name);
    const maxBytes = kind === 'additional' ? MAX_ADDITIONAL_BYTES : MAX_TEXT_BYTES;
    const lease = await this.deps.blobs.put(body, { maxBytes, signal });
    try {
      return await this.#inTurn(async () => {
        const job = this.get(name);
        const file: JobFile = { path, digest: lease.digest, sizeBytes: lease.sizeBytes };
        const files = withFile(job.files, kind, file);
        const isNew = kind === 'scripts' && !job.fields.scripts.includes(path);
        const fields = isNew ? { ...job.fields, scripts: [...job.fields.scripts, path] } : job.fields;
        return this.#put({ ...job, files, fields, updatedAt: this.deps.clock.now() });
      });
    } finally {
      lease.release();
    }
  }

  /** @throws as `file` */
  removeFile(name: string, kindText: string, path: string): Promise<JobDocument> {
    return this.#inTurn(async () => {
      this.file(name, kindText, path);
      const kind = checkFilePath(kindText, path);
      const job = this.get(name);
      const files =
        kind === 'requirements'
          ? { ...job.files, requirements: null }
          : { ...job.files, [kind]: job.files[kind].filter((file) => file.path !== path) };
      const scripts = kind === 'scripts' ? job.fields.scripts.filter((script) => script !== path) : job.fields.scripts;
      return this.#put({ ...job, files, fields: { ...job.fields, scripts }, updatedAt: this.deps.clock.now() });
    });
  }

  #refuseTaken(name: string): void {
    const known = this.find(name);
    if (!known) return;
    throw new ModelManagementError('JOB_EXISTS', `There is a job named ${known.name} already.`, 'Choose another name.');
  }

  #insert(name: string, fields: JobFields, files: JobFiles): Promise<JobDocument> {
    const now = this.deps.clock.now();
    return this.#put(
      {
        _id: jobKey(name),
        id: newId(),
        name,
        createdAt: now,
        updatedAt: now,
        fields,
        files,
        pauseReason: null,
        scheduleHandledAt: now,
        failuresInRow: 0,
        lastNumber: 0,
        endedRun: 0,
      },
      'created',
    );
  }

  async #put(job: JobDocument, change: 'created' | 'updated' = 'updated'): Promise<JobDocument> {
    await this.deps.documents.jobs.put(job);
    this.announce(job.name, change);
    return job;
  }

  #checked(given: unknown, old: JobDocument | undefined): JobFields {
    const parsed = parseInput(JobFields, given);
    const fields = {
      ...parsed,
      trainingEdge: this.#edgeNamed(parsed.trainingEdge, old),
      queries: withQueryIds(parsed.queries),
      env: this.#sealed(parsed.env, old),
    };
    this.#checkTogether(fields, old);
    return fields;
  }

  /** What one field alone does not tell. */
  #checkTogether(fields: JobFields, old: JobDocument | undefined): void {
    const ids = fields.queries.map(({ id }) => id);
    if (new Set(ids).size !== ids.length)
      throw invalidInput('queries', 'queries: two of them have the same id', 'Give each its own.');
    if (new Set(fields.scripts).size !== fields.scripts.length)
      throw invalidInput('scripts', 'scripts: one is named twice', 'Name each once.');
    if (!fields.updateExistingModel && fields.newModelName === undefined) {
      throw invalidInput(
        'newModelName',
        'newModelName: a job that makes new models needs a name for them',
        'Give one, such as iris-{date}.',
      );
    }
    const { metric } = fields.promotion;
    if (metric !== undefined && !fields.metrics.some(({ name }) => name === metric)) {
      throw invalidInput(
        'promotion.metric',
        `promotion.metric: ${metric} is none of the metrics`,
        'Name one of the metrics.',
      );
    }
    if (fields.promotion.mode === 'better' && fields.metrics.length === 0) {
      throw invalidInput('promotion.mode', 'promotion.mode: better needs a metric to compare by', 'Add a metric.');
    }
    const known = [LOCAL_SOURCE, ...this.deps.sources.names()];
    const foreign = fields.queries.find(({ source }) => source !== EDGE_SOURCE && !known.includes(source));
    if (foreign)
      throw invalidInput(
        'queries',
        `queries: there is no data source named ${foreign.source}`,
        `Use one of ${known.join(', ')}.`,
      );
    if (old?.fields.baseModel !== fields.baseModel) this.deps.registry.getModel(fields.baseModel);
  }

  /** As it was first written. One that is gone may stay until another is chosen. */
  #edgeNamed(name: string, old: JobDocument | undefined): string {
    if (name.toLowerCase() === LOCAL_EDGE) return LOCAL_EDGE;
    const label = labelOf(name);
    if (label !== undefined) return placeWithLabel(label);
    const known = this.deps.edges.find(name);
    if (known) return known.name;
    if (old?.fields.trainingEdge === name) return name;
    throw invalidInput(
      'trainingEdge',
      `trainingEdge: there is no edge named ${name}`,
      'Name an edge of the tab Edges, label: and a label for any edge that has it, or local for this Node-RED.',
    );
  }

  #sealed(env: JobFields['env'], old: JobDocument | undefined): JobFields['env'] {
    return Object.fromEntries(
      Object.entries(env).map(([name, value]) => {
        if (typeof value === 'string') return [name, value];
        const stored = old?.fields.env[name];
        if (value.secret === null && typeof stored !== 'object') throw noSecret(name);
        const before = typeof stored === 'object' ? stored.secret : null;
        // Merged with the stored fields, what was not changed comes back encrypted.
        if (value.secret === null || value.secret === before) return [name, { secret: before }];
        return [name, { secret: this.deps.secrets.encrypt(value.secret) }];
      }),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

function asObject(input: unknown): Record<string, unknown> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  throw invalidInput('', 'Expected an object with the fields of a job.', 'See the HTTP API in the documentation.');
}

const noSecret = (name: string): ModelManagementError =>
  invalidInput(
    `env.${name}`,
    `env.${name}: null keeps the secret that is stored under this name, and there is none`,
    'Give its value; one that is renamed is typed again.',
  );

function listOf(files: JobFiles, kind: FileKind): readonly JobFile[] {
  if (kind === 'requirements') return files.requirements ? [files.requirements] : [];
  return files[kind];
}

function withFile(files: JobFiles, kind: FileKind, file: JobFile): JobFiles {
  if (kind === 'requirements') return { ...files, requirements: file };
  const list = [...files[kind].filter(({ path }) => path !== file.path), file];
  if (list.length > MAX_FILE_COUNT)
    throw invalidInput('path', `A job has at most ${MAX_FILE_COUNT} files of a kind.`, 'Pack them into one.');
  return { ...files, [kind]: list.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
