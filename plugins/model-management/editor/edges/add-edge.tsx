import { useState } from 'preact/hooks';
import { EDGE_NAME, LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import { Busy, ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { namesIn } from '../names-in';
import { SteadyButton } from '../steady-button';
import { TextField } from '../widgets/text-field';
import { createEdge, type Enrolling } from './edge-client';
import { EnrolmentView } from './enrolment-view';

/** Asks what the edge is called, shows what to copy there, and waits until it is there. */
export function AddEdge() {
  const [added, setAdded] = useState<Enrolling>();
  return <div class="mm-detail">{added ? <EnrolmentView enrolling={added} /> : <EdgeForm onAdded={setAdded} />}</div>;
}

const isFree = (name: string): boolean => EDGE_NAME.test(name) && name.toLowerCase() !== LOCAL_EDGE;

function EdgeForm({ onAdded }: { readonly onAdded: (added: Enrolling) => void }) {
  const [name, setName] = useState('');
  const [labels, setLabels] = useState('');
  const { state, start } = useTask();
  const isBusy = state.status === 'busy';
  const isReady = isFree(name) && !isBusy;
  const isWrong = name !== '' && !isFree(name);
  const create = (): void =>
    start(async (signal) => onAdded(await createEdge({ name, labels: namesIn(labels) }, signal)));
  return (
    <FormGroup class="mm-form" label={t('edge.add.title')} onSubmit={() => isReady && create()}>
      <p>{t('edge.add.intro')}</p>
      <TextField
        label={t('edge.add.name')}
        value={name}
        placeholder={t('edge.add.nameExample')}
        isWrong={isWrong}
        onInput={setName}
      />
      {isWrong && <p class="mm-hint">{t('edge.add.badName')}</p>}
      <TextField
        label={t('edge.labels')}
        value={labels}
        placeholder={t('edge.add.labelsExample')}
        onInput={setLabels}
      />
      <p class="mm-hint">{t('edge.labelsHint')}</p>
      {isBusy && <Busy text={t('edge.busy')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <SteadyButton primary off={!isReady} onClick={create}>
          {t('edge.add.create')}
        </SteadyButton>
      </div>
    </FormGroup>
  );
}
