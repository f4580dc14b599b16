import type { NodeAPI } from 'node-red';
import type { PipelineWatch } from '../../../../lib/pipeline/pipelines/pipeline-watch';

/** @see https://nodered.org/docs/user-guide/runtime/logging */
interface LogEntry {
  readonly level?: number;
  /** Runtime id of the node that said it. */
  readonly id?: unknown;
  readonly msg?: unknown;
}

const HOOKS = ['onReceive', 'onComplete'] as const;
const hookName = (hook: (typeof HOOKS)[number]): string => `${hook}.model-management`;
/** Of Node-RED's log: errors, and what is worse. */
const ERROR_LEVEL = 20;

/** Has Node-RED tell the watch over pipelines what happens at its nodes. */
export class WatchHooks {
  #isStarted = false;
  /** Node-RED hands what is logged to whatever looks like an emitter. */
  readonly #logHandler = { emit: (_event: 'log', entry: LogEntry): void => this.#onLogged(entry) };

  constructor(
    private readonly red: NodeAPI,
    private readonly watch: PipelineWatch,
  ) {}

  start(): void {
    this.#isStarted = true;
    this.#log.addHandler(this.#logHandler);
    this.update();
  }

  stop(): void {
    this.#isStarted = false;
    this.update();
    this.#log.removeHandler(this.#logHandler);
  }

  /** They are asked for every message of every flow, so they are there only while a pipeline runs. */
  update(): void {
    const { hooks } = this.red;
    // Registering a name twice throws.
    for (const hook of HOOKS) hooks.remove(hookName(hook));
    if (!this.#isStarted || !this.watch.isNeeded) return;
    for (const hook of HOOKS) hooks.add(hookName(hook), this.watch[hook] as Parameters<typeof hooks.add>[1]);
  }

  /** Not in the types of Node-RED. */
  get #log(): { addHandler(handler: object): void; removeHandler(handler: object): void } {
    return this.red.log as never;
  }

  #onLogged({ id, level, msg }: LogEntry): void {
    if (typeof id === 'string' && level !== undefined && level <= ERROR_LEVEL) this.watch.onErrorLogged(id, msg);
  }
}
