import { useContext, useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { createInferenceFlow, type PipelineRequest } from '../registry-client';
import { BrokerField } from './broker-field';
import { brokersOf, importFlow } from './flow-import';
import { Leave } from './frame';

/** Asks for the topics and the broker, then puts the finished flow into the editor as a tab of its own. */
export function PipelineForm({ model, onClose }: { readonly model: string; readonly onClose: () => void }) {
  const { state, start } = useTask();
  const leave = useContext(Leave);
  const brokers = brokersOf();
  // Whoever has one broker means that one.
  const [onlyBroker, otherBroker] = brokers;
  const [wish, setWish] = useState<PipelineRequest>({
    inboundTopic: `${model}/read`,
    outboundTopic: `${model}/write`,
    ...(onlyBroker && !otherBroker && { brokerId: onlyBroker.id }),
  });
  const create = (): void =>
    start(async (signal) => {
      const { flow } = await createInferenceFlow(model, wish, signal);
      // The platform refuses to import below an open tray.
      await leave();
      importFlow(flow);
    });
  if (state.status === 'busy') return <Busy text={t('pipeline.busy')} />;
  const isComplete = wish.inboundTopic !== '' && wish.outboundTopic !== '';
  return (
    <FormGroup class="mm-form mm-question" label={t('action.createPipeline')} onSubmit={() => isComplete && create()}>
      <TopicField
        label={t('pipeline.inbound')}
        value={wish.inboundTopic}
        onInput={(inboundTopic) => setWish({ ...wish, inboundTopic })}
      />
      <TopicField
        label={t('pipeline.outbound')}
        value={wish.outboundTopic}
        onInput={(outboundTopic) => setWish({ ...wish, outboundTopic })}
      />
      <BrokerField
        brokers={brokers}
        value={wish.brokerId}
        onChange={(brokerId) => {
          const { inboundTopic, outboundTopic } = wish;
          setWish({ inboundTopic, outboundTopic, ...(brokerId && { brokerId }) });
        }}
      />
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <p class="mm-hint">{t('pipeline.hint')}</p>
      <div class="mm-buttons">
        <button type="button" class="red-ui-button primary" disabled={!isComplete} onClick={create}>
          {t('pipeline.create')}
        </button>
        <button type="button" class="red-ui-button" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </FormGroup>
  );
}

function TopicField({
  label,
  value,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}) {
  return (
    <label>
      <span>{label}</span>
      <input type="text" value={value} spellcheck={false} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}
