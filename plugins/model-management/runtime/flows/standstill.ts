import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';

/** No flow runs, or none that a deploy would start. */
export interface Standstill {
  /** In Node-RED's words, or `stopped` where somebody stopped all flows. */
  readonly cause: 'safe-mode' | 'missing-types' | 'missing-modules' | 'stopped' | (string & {});
  /** Types of nodes or names of modules. */
  readonly missing: readonly string[];
}

export const safeMode: Standstill = { cause: 'safe-mode', missing: [] };

interface RuntimeState {
  readonly id?: string;
  readonly payload?: {
    readonly state?: string;
    readonly error?: string;
    readonly deploy?: boolean;
    readonly types?: readonly string[];
    readonly modules?: readonly { readonly module: string }[];
  };
}

/** What Node-RED's event `runtime-event` tells; undefined = nothing of this kind, or a deploy, which starts what it stops. */
export function standstillOf(event: unknown): Standstill | undefined {
  const { id, payload } = event as RuntimeState;
  if (id !== 'runtime-state' || !payload?.state || payload.state === 'start') return undefined;
  const { error, types = [], modules = [] } = payload;
  if (error === undefined && payload.deploy) return undefined;
  return { cause: error ?? 'stopped', missing: [...types, ...modules.map(({ module }) => module)] };
}

export function describeStandstill({ cause, missing }: Standstill): string {
  const names = missing.slice(0, 10).join(', ');
  if (cause === 'missing-types') return `No flow runs, because node types are missing: ${names}.`;
  if (cause === 'missing-modules') return `No flow runs, because modules that nodes use are missing: ${names}.`;
  if (cause === 'safe-mode') return 'No flow runs: Node-RED is in safe mode.';
  return cause === 'stopped' ? 'All flows are stopped.' : `No flow runs: ${cause}.`;
}

/** Whether a node asks for the npm module, as a function node does: in a list of names or of `{module}`, each with or without a version. */
export function needsModule(entry: FlowEntry, module: string): boolean {
  const isIt = (one: unknown): boolean => {
    const name = typeof one === 'object' && one !== null ? (one as { module?: unknown }).module : one;
    return typeof name === 'string' && (name === module || name.startsWith(`${module}@`));
  };
  return entry['d'] !== true && Object.values(entry).some((value) => Array.isArray(value) && value.some(isIt));
}
