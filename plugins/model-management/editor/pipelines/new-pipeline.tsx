import { useState } from 'preact/hooks';
import { openImport } from '../clearblade/import-tray';
import { Busy, ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { fetchLibraries } from '../libraries/library-client';
import { useResource, useTask } from '../live';
import { BrokerField } from '../model/broker-field';
import { brokersOf, importFlow, usualBroker } from '../model/flow-import';
import { fetchModels } from '../registry-client';
import { SteadyButton } from '../steady-button';
import { ChoiceField } from '../widgets/choice-field';
import { TextField } from '../widgets/text-field';
import { closeTray, openTray } from '../widgets/tray';
import { type NewPipelineRequest, newPipelineFlow } from './pipeline-client';

const WIDTH_PX = 520;

/** The form for a pipeline that is not there yet, in the platform's tray. */
export function openNewPipeline(): void {
  openTray({ title: t('flow.new.title'), widthPx: WIDTH_PX, content: <NewPipeline /> });
}

type Wish = NewPipelineRequest & { readonly inboundTopic: string; readonly outboundTopic: string };

/** Asks for its ends and for what answers between them; the flow then lies in the editor, to be deployed. */
function NewPipeline() {
  const { state, start } = useTask();
  const [wish, setWish] = useState<Wish>({ name: '', inboundTopic: '', outboundTopic: '', ...usualBroker() });
  const isBusy = state.status === 'busy';
  const isReady = !isBusy && wish.name.trim() !== '' && wish.inboundTopic !== '' && wish.outboundTopic !== '';
  const create = (): void =>
    start(async (signal) => {
      const { flow } = await newPipelineFlow(wish, signal);
      // The platform refuses to import below an open tray.
      await closeTray();
      importFlow(flow);
    });
  return (
    <div class="mm-detail">
      <FormGroup class="mm-form" label={t('flow.new.title')} onSubmit={() => isReady && create()}>
        <WishFields wish={wish} onChange={setWish} />
        {isBusy && <Busy text={t('pipeline.busy')} />}
        {state.status === 'failed' && <ErrorBox error={state.error} />}
        <p class="mm-hint">{t('flow.new.hint')}</p>
        <div class="mm-buttons">
          <SteadyButton primary off={!isReady} onClick={create}>
            {t('pipeline.create')}
          </SteadyButton>
        </div>
      </FormGroup>
      <p class="mm-hint">
        {t('flow.new.otherwise')}{' '}
        <button type="button" class="mm-link" onClick={() => void closeTray().then(openImport)}>
          {t('import.open')}
        </button>
      </p>
    </div>
  );
}

function WishFields({ wish, onChange }: { readonly wish: Wish; readonly onChange: (wish: Wish) => void }) {
  const models = useResource(fetchModels, []);
  const libraries = useResource(fetchLibraries, []);
  return (
    <>
      <TextField label={t('flow.new.name')} value={wish.name} onInput={(name) => onChange({ ...wish, name })} />
      <ChoiceField
        label={t('flow.new.answers')}
        value={choiceOf(wish)}
        options={[
          { value: '', text: t('flow.new.nothingYet') },
          ...(models.data ?? []).map(({ name }) => ({ value: `model ${name}`, text: t('flow.new.model', { name }) })),
          ...(libraries.data ?? []).map(({ name }) => ({
            value: `library ${name}`,
            text: t('flow.new.library', { name }),
          })),
        ]}
        onChange={(choice) => onChange(withChoice(wish, choice))}
      />
      <TextField
        label={t('pipeline.inbound')}
        value={wish.inboundTopic}
        placeholder={t('flow.new.inboundExample')}
        onInput={(inboundTopic) => onChange({ ...wish, inboundTopic })}
      />
      <TextField
        label={t('pipeline.outbound')}
        value={wish.outboundTopic}
        placeholder={t('flow.new.outboundExample')}
        onInput={(outboundTopic) => onChange({ ...wish, outboundTopic })}
      />
      <BrokerField
        brokers={brokersOf()}
        value={wish.brokerId}
        onChange={(brokerId) => {
          const { brokerId: _before, ...rest } = wish;
          onChange({ ...rest, ...(brokerId && { brokerId }) });
        }}
      />
    </>
  );
}

const choiceOf = ({ model, library }: Wish): string => {
  if (model !== undefined) return `model ${model}`;
  return library === undefined ? '' : `library ${library}`;
};

function withChoice({ model: _model, library: _library, ...rest }: Wish, choice: string): Wish {
  const [kind, name = ''] = choice.split(' ');
  if (kind === 'model') return { ...rest, model: name };
  return kind === 'library' ? { ...rest, library: name } : rest;
}
