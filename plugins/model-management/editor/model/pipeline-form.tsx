import { useContext, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useFocusReturn } from '../focus-return';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { createInferenceFlow, type PipelineRequest } from '../registry-client';
import { TextField } from '../widgets/text-field';
import { BrokerField } from './broker-field';
import { brokersOf, importFlow, usualBroker } from './flow-import';
import { Leave } from './frame';

/** Asks for the topics and the broker, then puts the finished flow into the editor as a tab of its own. */
export function PipelineForm({ model, onClose }: { readonly model: string; readonly onClose: () => void }) {
  const { state, start } = useTask();
  const leave = useContext(Leave);
  const box = useRef<HTMLDivElement>(null);
  useFocusReturn(box);
  useLayoutEffect(() => box.current?.querySelector('input')?.focus({ preventScroll: true }), []);
  const [wish, setWish] = useState<PipelineRequest>({
    inboundTopic: `${model}/read`,
    outboundTopic: `${model}/write`,
    ...usualBroker(),
  });
  const create = (): void =>
    start(async (signal) => {
      const { flow } = await createInferenceFlow(model, wish, signal);
      // The platform refuses to import below an open tray.
      await leave();
      importFlow(flow);
    });
  const isReady = state.status !== 'busy' && wish.inboundTopic !== '' && wish.outboundTopic !== '';
  return (
    <div ref={box}>
      <FormGroup class="mm-form mm-question" label={t('action.createPipeline')} onSubmit={() => isReady && create()}>
        <TextField
          label={t('pipeline.inbound')}
          value={wish.inboundTopic}
          onInput={(inboundTopic) => setWish({ ...wish, inboundTopic })}
        />
        <TextField
          label={t('pipeline.outbound')}
          value={wish.outboundTopic}
          onInput={(outboundTopic) => setWish({ ...wish, outboundTopic })}
        />
        <BrokerField
          brokers={brokersOf()}
          value={wish.brokerId}
          onChange={(brokerId) => {
            const { inboundTopic, outboundTopic } = wish;
            setWish({ inboundTopic, outboundTopic, ...(brokerId && { brokerId }) });
          }}
        />
        <p class="mm-hint">{t('pipeline.hint')}</p>
        <FormEnd state={state} busy={t('pipeline.busy')} isReady={isReady} onSubmit={create} onCancel={onClose}>
          {t('pipeline.create')}
        </FormEnd>
      </FormGroup>
    </div>
  );
}
