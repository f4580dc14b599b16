import type { DialogProps } from '../../../plugins/model-management/editor/dialog/node-dialog';
import { type Choice, ChoiceRow, CountRow, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import { useEditedConfig } from '../../../plugins/model-management/editor/dialog/use-edited-config';
import { ErrorBox } from '../../../plugins/model-management/editor/feedback';
import { fetchJobs } from '../../../plugins/model-management/editor/jobs/job-client';
import { useJobChanges, useResource } from '../../../plugins/model-management/editor/live';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';
import { ThresholdRows } from './threshold-rows';

const MODES = ['message', 'count', 'threshold'] as const;

/** The whole dialog. */
export function Dialog(props: DialogProps<EditedConfig>) {
  const { config, change } = useEditedConfig(props);
  return (
    <>
      <TextRow icon="fa-tag" label={nodeText('name')} value={config.name} onInput={(name) => change({ name })} />
      <JobField job={config.job} onChoose={(job) => change({ job })} />
      <ChoiceRow
        icon="fa-bolt"
        label={nodeText('mode.label')}
        value={config.mode}
        options={MODES.map((mode) => ({ value: mode, text: nodeText(`mode.${mode}`) }))}
        onChange={(chosen) => change({ mode: MODES.find((mode) => mode === chosen) ?? 'message' })}
      />
      {config.mode === 'count' && (
        <CountRow
          icon="fa-list-ol"
          label={nodeText('count.label')}
          value={config.count}
          least={1}
          unit={nodeText('count.unit')}
          onChange={(count) => change({ count })}
        />
      )}
      {config.mode === 'threshold' && <ThresholdRows config={config} onChange={change} />}
      <CountRow
        icon="fa-clock-o"
        label={nodeText('interval.label')}
        value={config.minIntervalMs}
        least={0}
        unit={nodeText('interval.unit')}
        onChange={(minIntervalMs) => change({ minIntervalMs })}
      />
    </>
  );
}

/** The stored name stays in the list, known or not. */
function JobField({ job, onChoose }: { readonly job: string; readonly onChoose: (job: string) => void }) {
  const { data, error, reload } = useResource(fetchJobs, []);
  useJobChanges(reload);
  const names = data?.map(({ name }) => name) ?? [];
  const options: readonly Choice[] = [
    ...(job === '' ? [{ value: '', text: nodeText('job.choose') }] : []),
    ...names.map((name) => ({ value: name, text: name })),
    ...(job === '' || names.includes(job) ? [] : [{ value: job, text: nodeText('job.missing', { job }) }]),
  ];
  return (
    <>
      <ChoiceRow icon="fa-cogs" label={nodeText('job.label')} value={job} options={options} onChange={onChoose} />
      {data?.length === 0 && <p class="mm-hint mm-under">{nodeText('job.none')}</p>}
      {error && <ErrorBox error={error} onRetry={reload} />}
    </>
  );
}
