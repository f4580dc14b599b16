import { useRef, useState } from 'preact/hooks';
import { announce } from '../announce';
import type { Model } from '../contract';
import type { EdgeView } from '../edges/edge-client';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t, tCount, tList } from '../i18n';
import { useTask } from '../live';
import { refText } from '../model/ref-text';
import { ChoiceField } from '../widgets/choice-field';
import { EdgeSelection } from './edge-selection';
import { startRollout } from './rollout-client';
import {
  followerCount,
  newRolloutDraft,
  type RolloutDraft,
  rolloutBody,
  selectedEdges,
  waveCounts,
} from './rollout-draft';
import { StopFields, WaveFields } from './wave-fields';

/** Sends one version to many edges, wave by wave; what that changes is said before it is done. */
export function RolloutForm({
  model,
  version,
  edges,
  onDone,
  onClose,
}: {
  readonly model: Model;
  /** To begin with. */
  readonly version: number;
  readonly edges: readonly EdgeView[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const [draft, setDraft] = useState(() => newRolloutDraft(version, edges));
  const box = useRef<HTMLDivElement>(null);
  const { state, start, reset } = useTask();
  const selected = selectedEdges(draft, edges);
  const isReady = selected.length > 0 && state.status !== 'busy';
  const change = (part: Partial<RolloutDraft>): void => {
    if (state.status === 'failed') reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const send = (): void => {
    const wrong = box.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    wrong?.focus();
    if (wrong) return;
    start(async (signal) => {
      await startRollout(model.name, rolloutBody(draft), signal);
      announce(t('rollout.started', { name: model.name, version: draft.version }));
      onDone();
      onClose();
    });
  };
  return (
    <div ref={box}>
      <FormGroup
        class="mm-form mm-box mm-rollout-form"
        label={t('rollout.form.title')}
        onSubmit={() => isReady && send()}
        onEscape={onClose}
      >
        <ChoiceField
          label={t('version.column.version')}
          value={String(draft.version)}
          options={model.versions.map((one) => ({ value: String(one.version), text: refText(model, one.version) }))}
          onChange={(chosen) => change({ version: Number(chosen) })}
        />
        <EdgeSelection draft={draft} edges={edges} onChange={change} />
        <WaveFields draft={draft} edgeCount={selected.length} onChange={change} />
        <StopFields draft={draft} onChange={change} />
        <Effect model={model} draft={draft} selected={selected} />
        <FormEnd state={state} busy={t('edge.busy')} isReady={isReady} onSubmit={send} onCancel={onClose}>
          {t('rollout.form.start', { version: draft.version })}
        </FormEnd>
      </FormGroup>
    </div>
  );
}

/** "v5 goes to 12 edges in waves of 1, 3 and 8." */
function Effect({
  model,
  draft,
  selected,
}: {
  readonly model: Model;
  readonly draft: RolloutDraft;
  readonly selected: readonly EdgeView[];
}) {
  const { version } = draft;
  const followers = followerCount(model, selected);
  const counts = waveCounts(draft, selected.length).map(String);
  const edges = tCount('usage.edges', selected.length);
  const sizes = tList(counts);
  return (
    <div role="status">
      {selected.length === 0 && <p>{t('rollout.form.nobody')}</p>}
      {counts.length === 1 && <p>{t('rollout.form.atOnce', { version, edges })}</p>}
      {counts.length > 1 && <p>{t('rollout.form.inWaves', { version, edges, sizes })}</p>}
      {followers > 0 && <p>{tCount('rollout.form.follows', followers, { version })}</p>}
      {selected.some(({ state }) => state !== 'online') && <p class="mm-hint">{t('rollout.form.offline')}</p>}
    </div>
  );
}
