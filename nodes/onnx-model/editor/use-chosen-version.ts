import { useCallback } from 'preact/hooks';
import type { Model, Version } from '../../../plugins/model-management/editor/contract';
import { type Resource, useModelChanges, useResource } from '../../../plugins/model-management/editor/live';
import { fetchModels, fetchVersion } from '../../../plugins/model-management/editor/registry-client';
import type { EditedConfig } from './stored-config';

export interface ChosenVersion {
  readonly models: Resource<readonly Model[]>;
  /** The registry's model of that name, whatever its case. */
  readonly model: Model | undefined;
  /** The number of the version, as soon as the models are known; undefined when there is none, and for files. */
  readonly number: number | undefined;
  /** undefined while it is loaded, when there is none, and for files. */
  readonly version: Version | undefined;
}

/** The models to choose from and the version that the configuration names now; follows every change of them. */
export function useChosenVersion({ source, model: name, version: ref }: EditedConfig): ChosenVersion {
  const models = useResource(fetchModels, []);
  const model =
    source === 'registry' ? models.data?.find((one) => one.name.toLowerCase() === name.toLowerCase()) : undefined;
  const number = model && versionNumber(model, ref);
  const version = useResource(
    async (signal) => (model && number ? await fetchVersion(model.name, number, signal) : undefined),
    [model?.name ?? '', number ?? 0],
  );
  const refresh = useCallback(() => {
    models.reload();
    version.reload();
  }, [models.reload, version.reload]);
  useModelChanges(refresh);
  return { models, model, number, version: version.data };
}

function versionNumber(model: Model, ref: string): number | undefined {
  const number = ref === 'latest' ? (model.latestVersion ?? undefined) : (model.aliases[ref] ?? Number(ref));
  return model.versions.find(({ version }) => version === number)?.version;
}
