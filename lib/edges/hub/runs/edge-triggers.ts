import type { Clock } from '../../../clock';
import { asModelManagementError, ModelManagementError } from '../../../errors';
import type { Log } from '../../../log';
import type { Limits } from '../../../training/job';
import { isFinal } from '../../../training/run/run-states';
import type { Training } from '../../../training/training';
import { labelOf } from '../../../training/training-place';
import type { TriggeredRun } from '../../../training/triggered-run';
import type { JobView } from '../../../training/views';
import { edgeKey, isSameEdge } from '../../protocol/names';
import type { RunNewsCommand, RunRequestEvent } from '../../protocol/run-requests';
import { toldError, toldText } from '../../protocol/told-error';
import type { EdgeHub } from '../edge-hub';
import { RareWarnings } from '../rare-warnings';

export interface EdgeTriggersDeps {
  readonly hub: EdgeHub;
  readonly training: Training;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an edge asked for lately. */
interface Lane {
  openCount: number;
  /** By request, the last of them. */
  readonly answers: Map<string, Promise<RunNewsCommand>>;
}

/** Ends that an edge could not be told; more of them are forgotten. */
const MAX_UNTOLD = 1_000;
/** Requests of an edge that are worked on or wait for that; one that asks for more is told so. */
export const MAX_OPEN_REQUESTS = 32;
/** Of an edge, for when it asks the same once more. */
const MAX_ANSWERS = 100;

/**
 * Starts runs that nodes on edges ask for, of jobs that train there or name the edge as one that may, and tells the edge
 * what becomes of them: the end of a run also when it is back after hours, as long as this process lasts.
 */
export class EdgeTriggers {
  readonly #untold = new Set<string>();
  /** By edge. */
  readonly #lanes = new Map<string, Lane>();
  readonly #warnings: RareWarnings;
  readonly #ends: readonly (() => void)[];

  constructor(private readonly deps: EdgeTriggersDeps) {
    const { hub, training } = deps;
    this.#warnings = new RareWarnings(deps);
    this.#ends = [
      hub.onEvent((edge, event) => {
        if (event.type === 'request-run') void this.#answer(edge, event);
      }),
      hub.onChange(() => this.#catchUp()),
      training.onChange((change) => {
        if (change.kind === 'run') void this.#tell(change.id);
      }),
    ];
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  /** An edge that lost its connection asks once more what it does not know to have been heard. */
  async #answer(edge: string, event: RunRequestEvent): Promise<void> {
    const key = edgeKey(edge);
    const lane = this.#lanes.get(key) ?? { openCount: 0, answers: new Map() };
    this.#lanes.set(key, lane);
    await this.#send(edge, await (lane.answers.get(event.id) ?? this.#admit(lane, edge, event)));
  }

  async #admit(lane: Lane, edge: string, event: RunRequestEvent): Promise<RunNewsCommand> {
    if (lane.openCount >= MAX_OPEN_REQUESTS) {
      this.#warnings.warn('flood', 'an edge asks for more runs than the hub works on at once', { edge });
      return { type: 'run-news', request: event.id, error: toldError(tooManyRequests(edge)) };
    }
    lane.openCount += 1;
    const answer = this.#carryOut(edge, event);
    lane.answers.set(event.id, answer);
    const [oldest] = lane.answers.keys();
    if (lane.answers.size > MAX_ANSWERS && oldest !== undefined) lane.answers.delete(oldest);
    try {
      return await answer;
    } finally {
      lane.openCount -= 1;
    }
  }

  /** Never rejects. */
  async #carryOut(edge: string, event: RunRequestEvent): Promise<RunNewsCommand> {
    const { id: request, job, node, cancel, overrides } = event;
    try {
      const { limits } = await this.#ownJob(edge, job);
      if (cancel) {
        await this.deps.training.cancelJob(job);
        return { type: 'run-news', request };
      }
      if (overrides && 'env' in overrides) throw noVariables();
      refuseRaised(overrides?.['limits'], limits);
      const body = overrides === undefined ? {} : { overrides };
      const asked = { trigger: 'node', user: null, node: nodeOf(edge, node) } as const;
      const run = await this.deps.training.startRun(job, body, asked);
      return { type: 'run-news', request, run: told(run, node), ...(run.joined ? { joined: true } : {}) };
    } catch (error) {
      const known = asModelManagementError(error);
      this.deps.log.info('run of an edge not started', { edge, job, code: known.code });
      return { type: 'run-news', request, error: toldError(known) };
    }
  }

  /** @throws {ModelManagementError} `JOB_NOT_FOUND`, `FORBIDDEN` */
  async #ownJob(edge: string, name: string): Promise<JobView> {
    const found = await this.deps.training.job(name);
    const { name: job, trainingEdge, triggerEdges } = found;
    const label = labelOf(trainingEdge);
    const isLabelled = label !== undefined && this.deps.hub.standing(edge)?.labels.includes(label);
    const isNamed = [trainingEdge, ...triggerEdges].some((one) => isSameEdge(one, edge));
    if (isNamed || isLabelled) return found;
    throw new ModelManagementError(
      'FORBIDDEN',
      `The job ${job} neither trains on ${edge} nor names it as one that may start it.`,
      `Add ${edge} to triggerEdges of the job, or let the job train there.`,
    );
  }

  async #tell(runId: string): Promise<void> {
    const run = this.deps.training.run(runId);
    const place = placeOf(run.node);
    if (!place) return;
    const isSent = await this.#send(place.edge, { type: 'run-news', run: told(run, place.node) });
    const isEnd = isFinal(run.state) && (run.state !== 'succeeded' || run.promotion !== undefined);
    if (isSent || !isEnd) this.#untold.delete(runId);
    else this.#untold.add(runId);
    for (const oldest of this.#untold) if (this.#untold.size > MAX_UNTOLD) this.#untold.delete(oldest);
  }

  #catchUp(): void {
    for (const runId of [...this.#untold]) {
      try {
        const place = placeOf(this.deps.training.run(runId).node);
        if (this.deps.hub.standing(place?.edge ?? '')?.state !== 'online') continue;
        this.#untold.delete(runId);
        void this.#tell(runId);
      } catch {
        // Removed by the retention of runs.
        this.#untold.delete(runId);
      }
    }
  }

  /** False = the edge is away. Never rejects. */
  async #send(edge: string, news: RunNewsCommand): Promise<boolean> {
    try {
      await this.deps.hub.command(edge, news);
      return true;
    } catch (error) {
      this.deps.log.debug('edge not told of a run', () => ({ edge, error }));
      return false;
    }
  }
}

/** A node of an edge, as runs keep it. */
const nodeOf = (edge: string, node: string): string => `${edge}/${node}`;

function placeOf(node: string | null): { readonly edge: string; readonly node: string } | undefined {
  const [edge = '', id] = node?.split('/') ?? [];
  return id === undefined ? undefined : { edge, node: id };
}

function told(run: TriggeredRun, node: string): NonNullable<RunNewsCommand['run']> {
  const { id, number, job, state, phases, model, version, metrics, error, reason, promotion, durationMs } = run;
  return {
    ...{ id, number, job, state, node, durationMs },
    phases: phases.map(({ name, startedAt, finishedAt }) => ({ name, startedAt, finishedAt })),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(error === undefined ? {} : { error: toldError(error) }),
    ...(reason === undefined ? {} : { reason: toldText(reason) }),
    ...(promotion === undefined
      ? {}
      : { promotion: { decision: promotion.decision, reason: toldText(promotion.reason) } }),
  };
}

const noVariables = (): ModelManagementError =>
  new ModelManagementError(
    'FORBIDDEN',
    'Variables of a run are not taken from an edge: overrides.env decides what scripts do with the secrets of the job.',
    'Leave overrides.env out, or set the variables in the job.',
  );

/** An edge may spare what it has, and may not take more than the job is given. @throws {ModelManagementError} `FORBIDDEN` */
function refuseRaised(asked: unknown, own: Limits): void {
  const given: object = typeof asked === 'object' && asked !== null ? asked : {};
  for (const [name, limit] of Object.entries(own)) {
    const wanted: unknown = Reflect.get(given, name);
    if (typeof wanted !== 'number' || wanted <= limit) continue;
    throw new ModelManagementError(
      'FORBIDDEN',
      `An edge may only lower the limits of a run: ${name} would be ${wanted}, and the job has ${limit}.`,
      `Ask for less, or raise limits.${name} of the job.`,
    );
  }
}

const tooManyRequests = (edge: string): ModelManagementError =>
  new ModelManagementError(
    'QUEUE_FULL',
    `${edge} has asked for ${MAX_OPEN_REQUESTS} runs that the hub has not answered yet.`,
    'Let the flow ask less often. What is due stays due: the trigger asks again with a later message.',
  );
