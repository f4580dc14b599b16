import { Admission } from '../admission';
import { ModelManagementError } from '../errors';
import { type AliasName, DEPLOYED, type Digest, type ModelName, VersionNumber } from '../ids';
import { parseSettableAlias } from './alias';
import type { AliasMoves } from './alias-moves';
import { attributesOf, withChanges } from './attributes';
import type { AliasSwitch, RegistryDeps } from './dependencies';
import type { VersionDocument } from './documents';
import { Description, parseInput, parseModelName, type VersionAttributes } from './input';
import { callerFeatures, type Inspected, inspectFiles } from './inspection';
import type { Journal, ModelWriter, Unwritten } from './journal';
import type { ModelLife } from './model-history';
import { chooseLabels } from './onnx/label-choice';
import { asRunnable, Intake, type ReceivedFiles } from './received-files';
import type { User, Version } from './types';
import type { RunOrigin, VersionUpload } from './upload';
import { receiveArchive } from './upload-archive';
import { atStage } from './upload-stage';
import { toVersion } from './views';

/** Reading a file keeps Node-RED's own thread busy, and loading it a processor: a burst of uploads waits its turn. */
const MAX_EXAMINED_COUNT = 4;

/** An upload whose words have been checked. */
interface UploadRequest {
  readonly name: ModelName;
  readonly user: User;
  readonly description?: string;
  readonly aliases: readonly AliasName[];
  readonly mayCreate: boolean;
  readonly mayRepeat: boolean;
  readonly origin?: RunOrigin;
  readonly signal: AbortSignal;
}

/** What a version will say of itself, but for its number and aliases. */
type Content = Omit<Unwritten<VersionDocument>, 'life' | 'version' | 'initialAliases'>;
type Draft = Omit<Unwritten<VersionDocument>, 'life'>;

/**
 * Turns uploads into versions: read, checked, test-loaded, then one document. Uploads are read side by side, and a few
 * at a time go on from there; only the last step takes turns within a model, so numbers follow the order in which uploads
 * were found good.
 */
export class VersionUploads {
  readonly #admission = new Admission(MAX_EXAMINED_COUNT);

  constructor(
    private readonly deps: Pick<RegistryDeps, 'blobs' | 'testLoad' | 'log' | 'maxModelSizeBytes'>,
    private readonly journal: Journal,
    private readonly moves: AliasMoves,
    /** Removes those of the blobs that no version names. */
    private readonly discard: (digests: ReadonlySet<Digest>) => Promise<void>,
  ) {}

  async add(name: string, upload: VersionUpload, user: User): Promise<Version> {
    const request = this.#parse(name, upload, user);
    const intake = new Intake(this.deps.blobs, upload.signal);
    try {
      const received = await atStage('read', () => this.#receive(upload, intake));
      const life = this.journal.findLife(name);
      if (life) refuseRepeated(life, filesOf(received), request);
      const content = await this.#admission.run(1, () => this.#examine(request, received, intake), upload.signal);
      const version = await this.moves.turn(name, () => this.#commit(request, content, intake));
      intake.release();
      if (version.digest !== received.model.digest) await this.discard(new Set([received.model.digest]));
      return version;
    } catch (error) {
      intake.release();
      if (!intake.mayBeNamed) await this.discard(new Set(intake.leases.map(({ digest }) => digest)));
      throw error;
    }
  }

  /** All that can be refused before the first byte is read. */
  #parse(name: string, upload: VersionUpload, user: User): UploadRequest {
    const {
      description,
      aliases = [],
      create: mayCreate = false,
      allowDuplicate: mayRepeat = false,
      origin,
      signal,
    } = upload;
    const known = this.journal.findLife(name);
    if (!known && !mayCreate) this.journal.getLife(name);
    return {
      name: known?.name ?? parseModelName(name),
      user,
      ...(description === undefined ? {} : { description: parseInput(Description, description, 'description') }),
      aliases: [...new Set(aliases.map(parseSettableAlias))],
      mayCreate,
      mayRepeat,
      ...(origin ? { origin } : {}),
      signal,
    };
  }

  async #receive(upload: VersionUpload, intake: Intake): Promise<ReceivedFiles> {
    const { maxModelSizeBytes } = this.deps;
    const { kind, body, expectedDigest } = upload;
    if (kind === 'tar') return receiveArchive(upload, intake, maxModelSizeBytes);
    const options = { maxBytes: maxModelSizeBytes, ...(expectedDigest ? { expectedDigest } : {}) };
    return { model: await intake.put(body, options), additionalOutputs: [], attributes: {} };
  }

  async #examine(request: UploadRequest, received: ReceivedFiles, intake: Intake): Promise<Content> {
    const files = await atStage('checked', () => asRunnable(received, intake, this.deps.maxModelSizeBytes));
    const inspected = await inspectFiles(files, this.deps, request.signal);
    return contentOf(request, files, inspected);
  }

  /** Within the model's turn to move aliases, so that number and aliases stay as they were chosen. */
  async #commit(request: UploadRequest, content: Content, intake: Intake): Promise<Version> {
    const { name, user, mayCreate } = request;
    const life = this.journal.findLife(name);
    if (!life && !mayCreate) this.journal.getLife(name);
    const isFirst = !life?.aliases.has(DEPLOYED);
    const draft: Draft = {
      ...content,
      version: VersionNumber.parse(this.journal.findHistory(name)?.nextVersion ?? 1),
      initialAliases: isFirst ? [...new Set([...request.aliases, DEPLOYED])] : request.aliases,
    };
    const switches = await this.#prepare(request, life, draft);
    let isNewModel = false;
    try {
      refuseAborted(request.signal);
      isNewModel = await this.journal.write(name, user, (writer) => writeVersion(writer, request, life, draft, intake));
    } catch (error) {
      for (const prepared of switches) prepared.abandon();
      throw error;
    }
    for (const prepared of switches) prepared.commit();
    return this.#announce(name, draft, isNewModel);
  }

  async #prepare(request: UploadRequest, life: ModelLife | undefined, draft: Draft): Promise<readonly AliasSwitch[]> {
    const { name, user } = request;
    const aliases = new Map(draft.initialAliases.map((alias) => [alias, draft.version]));
    const document = this.journal.draftVersion(name, user, { ...draft, life: life?.life ?? 1 });
    const preview = toVersion({ name, aliases }, { document, ...attributesOf(document) });
    const switches: AliasSwitch[] = [];
    try {
      for (const alias of draft.initialAliases) {
        if (life) this.moves.checkFit(life, alias, draft);
        const isImplied = !request.aliases.includes(alias);
        switches.push(await this.moves.prepare(name, alias, preview, isImplied));
      }
      return switches;
    } catch (error) {
      for (const prepared of switches) prepared.abandon();
      throw error;
    }
  }

  #announce(name: ModelName, { version, initialAliases }: Draft, isNewModel: boolean): Version {
    const life = this.journal.getLife(name);
    if (isNewModel) this.journal.announce(life.name, { kind: 'model', change: 'created' });
    this.journal.announce(life.name, { kind: 'version', change: 'created', version });
    for (const alias of initialAliases) {
      this.journal.announce(life.name, { kind: 'alias', change: 'moved', version, alias });
    }
    const state = life.versions.get(version);
    if (state) return toVersion(life, state);
    throw new ModelManagementError('VERSION_NOT_FOUND', `Version ${version} is gone already.`, 'Upload it again.');
  }
}

/** True when the model was made for it. */
async function writeVersion(
  { history, insertModel, insertVersion }: ModelWriter,
  request: UploadRequest,
  expected: ModelLife | undefined,
  draft: Draft,
  intake: Intake,
): Promise<boolean> {
  const now = history.current;
  if (expected && now !== expected) {
    const message = `The model ${request.name} was deleted while its version came in.`;
    throw new ModelManagementError('MODEL_NOT_FOUND', message, 'Upload it again if you still want it.');
  }
  if (now) refuseRepeated(now, draft, request);
  const life = now?.life ?? history.nextLife;
  if (!now) await insertModel({ life, name: request.name, description: '', tags: {} });
  intake.mayBeNamed = true;
  await insertVersion({ ...draft, life });
  return !now;
}

function contentOf({ description, origin }: UploadRequest, files: ReceivedFiles, inspected: Inspected): Content {
  const { model, preprocessing } = inspected;
  const { signature, opset, irVersion, producer } = model;
  const features = callerFeatures(inspected) ?? origin?.inherited.features;
  const labels = chooseLabels(files.labels, model.labels) ?? origin?.inherited.labels;
  const fromFile = {
    description: '',
    tags: {},
    metrics: {},
    ...(labels ? { labels } : {}),
    ...(features ? { features } : {}),
  };
  const given: VersionAttributes = { ...files.attributes, ...(description === undefined ? {} : { description }) };
  const { digest, sizeBytes } = files.model;
  return {
    source: origin ? 'run' : 'upload',
    ...(origin ? { runId: origin.runId, lineage: origin.lineage } : {}),
    ...(origin?.parentVersion === undefined ? {} : { parentVersion: origin.parentVersion }),
    digest,
    sizeBytes,
    ...withChanges(fromFile, given),
    signature,
    opset,
    irVersion,
    producer,
    ...(preprocessing && files.preprocessing
      ? {
          preprocessing: {
            digest: files.preprocessing.digest,
            sizeBytes: files.preprocessing.sizeBytes,
            signature: preprocessing.signature,
          },
        }
      : {}),
    ...(files.original ? { original: files.original } : {}),
    additionalOutputs: files.additionalOutputs.map(({ path, blob }) => ({
      path,
      sizeBytes: blob.sizeBytes,
      digest: blob.digest,
    })),
  };
}

/** The files that tell two versions apart. */
type FileDigests = Pick<VersionDocument, 'digest' | 'original'> & {
  readonly preprocessing?: { readonly digest: Digest };
};

function filesOf({ model, original, preprocessing }: ReceivedFiles): FileDigests {
  const { digest } = model;
  return { digest, ...(original ? { original } : {}), ...(preprocessing ? { preprocessing } : {}) };
}

/**
 * The same model file, as it came or as it runs, with the same preprocessing is the same version; what is said about
 * it does not count.
 */
function refuseRepeated(life: ModelLife, files: FileDigests, { mayRepeat }: UploadRequest): void {
  if (mayRepeat) return;
  const digests = [files.digest, files.original?.digest];
  for (const { document } of life.versions.values()) {
    if (document.preprocessing?.digest !== files.preprocessing?.digest) continue;
    if (!digests.includes(document.digest) && !(document.original && digests.includes(document.original.digest))) {
      continue;
    }
    throw new ModelManagementError(
      'DUPLICATE_VERSION',
      `These files already are version ${document.version} of ${life.name}.`,
      `Use version ${document.version}, or upload with allowDuplicate=true.`,
      { details: { version: document.version } },
    );
  }
}

function refuseAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ModelManagementError('ABORTED', 'The upload was cancelled.', 'Start it again.', { cause: signal.reason });
}
