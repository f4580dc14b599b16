import type { FlowEntry } from '../flow-entry';
import { brokerNodes, localBrokerUrl } from '../flow-nodes';
import { baseModelOf, type ImportedJob, importedJob } from './job-rows';
import { isTrainedAlone, modelWarnings } from './model-rows';
import { mapNames, type Names } from './names';
import { pipelineFlow } from './pipeline-flow';
import type { ImportRequest, PipelineRow } from './rows';
import type { ImportWarning } from './warning';

const MAX_LABEL_LENGTH = 100;
/** Nobody reads more; an answer must not grow with what a hostile row says twice. */
const MAX_WARNING_COUNT = 2_000;
const runningStates = new Set(['ONGOING', 'ALL_DONE']);

/** What is on this machine. */
export interface ImportSurroundings {
  /** Where a broker node of the flows' own connects to; default `mqtt://localhost:1883`. Credentials in it are left out. */
  readonly brokerUrl?: string;
  /** Names of libraries that come with the package. */
  readonly builtInLibraries: readonly string[];
  hasModel(name: string): boolean;
  hasLibrary(name: string): boolean;
}

/** A model or library that the flows name. */
export interface Requirement {
  readonly name: string;
  /** Without it the nodes that name it are red, and recover by themselves when it comes. */
  readonly isPresent: boolean;
}

export interface ClearbladeImport {
  /** Node-RED nodes, importable as they are: one tab per pipeline. */
  readonly flows: readonly FlowEntry[];
  readonly jobs: readonly ImportedJob[];
  readonly warnings: readonly ImportWarning[];
  readonly requires: { readonly models: readonly Requirement[]; readonly libraries: readonly Requirement[] };
}

/** Rows of the original as flows, jobs and what is left to do. Changes nothing; every call makes new ids. */
export function importClearblade(rows: ImportRequest, here: ImportSurroundings): ClearbladeImport {
  const used = usedNames(rows.pipelines);
  const originals = {
    models: [...used.models, ...rows.models.map(({ name }) => name), ...rows.jobs.map(baseModelOf)],
    trained: rows.models.filter(isTrainedAlone).map(({ name }) => name),
    libraries: used.libraries,
  };
  const names = mapNames(originals, here.builtInLibraries);
  const own = rows.brokerId === undefined ? brokerNodes(here.brokerUrl ?? localBrokerUrl) : undefined;
  const broker = rows.brokerId ?? own?.[0].id ?? '';
  const labels = new Set<string>();
  const tabs = rows.pipelines.map((row, index) => {
    const label = distinctLabel(row.name.trim() || `Pipeline ${index + 1}`, labels);
    const { entries, warnings } = pipelineFlow(row, { label, names, broker });
    const all = [...rowWarnings(row, label), ...warnings];
    return { entries, warnings: all.map((warning) => ({ pipeline: row.name, ...warning })) };
  });
  const jobs = rows.jobs.map((row) => importedJob(row, names));
  const requires = {
    models: requirements(used.models, (name) => names.model(name), here.hasModel),
    libraries: requirements(used.libraries, (name) => names.library(name), here.hasLibrary),
  };
  return {
    flows: tabs.length === 0 ? [] : [...tabs.flatMap(({ entries }) => entries), ...(own ?? [])],
    jobs: jobs.map(({ job }) => job),
    warnings: bounded([
      ...tabs.flatMap(({ warnings }) => warnings),
      ...missing(requires),
      ...modelWarnings(rows.models, names),
      ...jobs.flatMap(({ warnings }) => warnings),
    ]),
    requires,
  };
}

function bounded(warnings: readonly ImportWarning[]): readonly ImportWarning[] {
  const leftOut = warnings.length - MAX_WARNING_COUNT;
  if (leftOut <= 0) return warnings;
  const message = `There are ${leftOut} more notes. Import fewer rows at a time to see them.`;
  return [...warnings.slice(0, MAX_WARNING_COUNT), { code: 'MORE', message }];
}

function usedNames(rows: readonly PipelineRow[]): {
  readonly models: readonly string[];
  readonly libraries: readonly string[];
} {
  const steps = rows.flatMap((row) => [...row.steps.values()]);
  return {
    models: steps.flatMap((step) => (step.nodeType === 'MODEL' && step.metadata.model ? [step.metadata.model] : [])),
    libraries: steps.flatMap((step) =>
      step.nodeType === 'LIBRARY' && step.metadata.library ? [step.metadata.library] : [],
    ),
  };
}

function requirements(
  originals: readonly string[],
  nameOf: Names['model'],
  isPresent: (name: string) => boolean,
): readonly Requirement[] {
  const names = [...new Set(originals.map(nameOf))].sort();
  return names.map((name) => ({ name, isPresent: isPresent(name) }));
}

function missing({ models, libraries }: ClearbladeImport['requires']): readonly ImportWarning[] {
  const absent = (all: readonly Requirement[]) => all.filter(({ isPresent }) => !isPresent);
  return [
    ...absent(models).map(({ name }): ImportWarning => {
      const message = `There is no model ${name} here yet. Upload it: until then its nodes are red and answer with errors.`;
      return { code: 'MODEL_MISSING', model: name, message };
    }),
    ...absent(libraries).map(({ name }): ImportWarning => {
      const message = `There is no library ${name} here yet. Save its source: until then its nodes are red and answer with errors.`;
      return { code: 'LIBRARY_MISSING', library: name, message };
    }),
  ];
}

/** Two tabs of one name could not be told apart. */
function distinctLabel(name: string, taken: Set<string>): string {
  const base = name.length <= MAX_LABEL_LENGTH ? name : `${name.slice(0, MAX_LABEL_LENGTH)}…`;
  let label = base;
  for (let number = 2; taken.has(label); number++) label = `${base} (${number})`;
  taken.add(label);
  return label;
}

function rowWarnings({ name, status }: PipelineRow, label: string): readonly Omit<ImportWarning, 'pipeline'>[] {
  const found: Omit<ImportWarning, 'pipeline'>[] = [];
  if (label !== name) {
    found.push({ code: 'NAME_CHANGED', message: `The tab of this pipeline is called ${JSON.stringify(label)}.` });
  }
  if (status && !runningStates.has(status.state)) {
    const why = status.errorMessage ? ` with the error ${JSON.stringify(status.errorMessage.slice(0, 500))}` : '';
    const message = `This pipeline was stopped (${status.state.slice(0, 40)})${why}. Here it runs from the next Deploy on: disable its tab if it should not.`;
    found.push({ code: 'WAS_STOPPED', message });
  }
  return found;
}
