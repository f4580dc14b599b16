import { useState } from 'preact/hooks';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { importFlow } from '../model/flow-import';
import { TextField } from '../widgets/text-field';
import { closeTray } from '../widgets/tray';
import { duplicatePipeline, type PipelineView } from './pipeline-client';

/** Asks for the name and the topics of the copy, which then lies in the editor, to be deployed. */
export function DuplicatePipeline({
  pipeline: { id, name, inbound, outbound },
  onClose,
}: {
  readonly pipeline: PipelineView;
  readonly onClose: () => void;
}) {
  const ends = [...new Set([...inbound, ...outbound])];
  const [copy, setCopy] = useState(t('flow.duplicate.name', { name }));
  const [topics, setTopics] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(ends.map((topic) => [topic, topic])),
  );
  const { state, start } = useTask();
  const isReady = state.status !== 'busy' && copy.trim() !== '' && ends.every((topic) => topics[topic] !== '');
  const isShared = inbound.some((topic) => topics[topic] === topic);
  const create = (): void =>
    start(async (signal) => {
      const { flow } = await duplicatePipeline(id, { name: copy, topics }, signal);
      await closeTray();
      importFlow(flow);
    });
  return (
    <FormGroup
      class="mm-form mm-question"
      label={t('flow.duplicate.title')}
      onSubmit={() => isReady && create()}
      onEscape={onClose}
    >
      <TextField label={t('flow.new.name')} value={copy} onInput={setCopy} />
      {ends.map((topic) => (
        <TextField
          key={topic}
          label={t(inbound.includes(topic) ? 'flow.duplicate.inbound' : 'flow.duplicate.outbound', { topic })}
          value={topics[topic] ?? ''}
          onInput={(text) => setTopics({ ...topics, [topic]: text })}
        />
      ))}
      {isShared && <p class="mm-hint">{t('flow.duplicate.shared')}</p>}
      <p class="mm-hint">{t('flow.duplicate.hint')}</p>
      <FormEnd state={state} busy={t('pipeline.busy')} isReady={isReady} onSubmit={create} onCancel={onClose}>
        {t('flow.duplicate.create')}
      </FormEnd>
    </FormGroup>
  );
}
