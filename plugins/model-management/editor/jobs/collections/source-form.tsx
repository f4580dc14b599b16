import { useId, useState } from 'preact/hooks';
import { SOURCE_NAME } from '../../../../../lib/collections/names';
import { Busy, ErrorBox } from '../../feedback';
import { FormGroup } from '../../form-group';
import { t } from '../../i18n';
import { useTask } from '../../live';
import { SteadyButton } from '../../steady-button';
import { ChoiceField } from '../../widgets/choice-field';
import { NumberField } from '../../widgets/number-field';
import { TextField } from '../../widgets/text-field';
import { putSource, runQuery } from '../collection-client';
import type { SourceView } from '../contract';

const DEFAULT_COLUMN = 'created';
const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';
const TLS = ['verified', 'unverified', 'off'] as const;

interface SourceDraft {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Nothing typed = as it is. */
  readonly password: string;
  readonly tls: (typeof TLS)[number];
  readonly ca: string;
  readonly watermarkColumn: string;
}

const draftOf = (source: SourceView | undefined): SourceDraft => ({
  name: source?.name ?? '',
  host: source?.host ?? '',
  port: source?.port ?? 5_432,
  database: source?.database ?? '',
  user: source?.user ?? '',
  password: '',
  tls: source?.tls ?? 'verified',
  ca: source?.ca ?? '',
  watermarkColumn: source?.watermarkColumn ?? '',
});

/** How to reach a PostgreSQL; after it is stored it is asked a question. */
export function SourceForm({
  source,
  taken,
  onStored,
  onWorks,
}: {
  readonly source?: SourceView;
  readonly taken: readonly string[];
  /** It is stored, whether it answers or not. */
  readonly onStored: () => void;
  readonly onWorks: (name: string) => void;
}) {
  const [draft, setDraft] = useState(() => draftOf(source));
  /** The name it is stored under, since this form was opened. */
  const [stored, setStored] = useState<string>();
  const { state, start } = useTask();
  const change = (more: Partial<SourceDraft>): void => setDraft((before) => ({ ...before, ...more }));
  const isNameGood =
    source !== undefined || draft.name === stored || (SOURCE_NAME.test(draft.name) && !taken.includes(draft.name));
  const isWhole = [draft.host, draft.database, draft.user].every((text) => text.trim() !== '');
  const save = (): void => {
    if (!isNameGood || !isWhole) return;
    start(async (signal) => {
      setStored(undefined);
      const { name, password, ca, watermarkColumn, ...fields } = draft;
      const body = {
        kind: 'postgres',
        ...fields,
        ...(password !== '' && { password }),
        ...(fields.tls === 'verified' && ca.trim() !== '' && { ca }),
        ...(watermarkColumn !== '' && { watermarkColumn }),
        ...(source?.timeoutMs !== undefined && { timeoutMs: source.timeoutMs }),
      };
      await putSource(name, body, signal);
      setStored(name);
      onStored();
      await runQuery(name, 'SELECT 1', 1, signal);
      onWorks(name);
    });
  };
  return (
    <FormGroup class="mm-form mm-source-form" label={t('source.form')} onSubmit={save}>
      {!source && (
        <TextField
          label={t('job.form.name')}
          value={draft.name}
          isWrong={draft.name !== '' && !isNameGood}
          onInput={(name) => change({ name })}
        />
      )}
      <TextField label={t('source.host')} value={draft.host} onInput={(host) => change({ host })} />
      <NumberField
        label={t('source.port')}
        value={draft.port}
        min={1}
        isWhole
        isNeeded
        onChange={(port) => port !== undefined && change({ port })}
      />
      <TextField label={t('source.database')} value={draft.database} onInput={(database) => change({ database })} />
      <TextField label={t('source.user')} value={draft.user} onInput={(user) => change({ user })} />
      <PasswordField
        value={draft.password}
        isStored={source?.hasPassword ?? false}
        onInput={(password) => change({ password })}
      />
      <TlsFields draft={draft} onChange={change} />
      <TextField
        label={t('source.watermark')}
        value={draft.watermarkColumn}
        placeholder={DEFAULT_COLUMN}
        onInput={(watermarkColumn) => change({ watermarkColumn })}
      />
      <p class="mm-hint">{t('source.watermarkHint')}</p>
      {state.status === 'busy' && <Busy text={t('source.asking')} />}
      {state.status === 'failed' && (
        <ErrorBox error={state.error} {...(stored !== undefined && { intro: t('source.savedAllTheSame') })} />
      )}
      <div class="mm-buttons">
        <SteadyButton primary off={!isNameGood || !isWhole || state.status === 'busy'} onClick={save}>
          {t('source.save')}
        </SteadyButton>
      </div>
    </FormGroup>
  );
}

function PasswordField({
  value,
  isStored,
  onInput,
}: {
  readonly value: string;
  readonly isStored: boolean;
  readonly onInput: (value: string) => void;
}) {
  const id = useId();
  return (
    <label for={id}>
      <span>{t('source.password')}</span>
      <input
        id={id}
        type="password"
        value={value}
        placeholder={isStored ? t('job.form.secretStored') : ''}
        autoComplete="new-password"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

function TlsFields({
  draft: { tls, ca },
  onChange,
}: {
  readonly draft: SourceDraft;
  readonly onChange: (more: Partial<SourceDraft>) => void;
}) {
  const caId = useId();
  return (
    <>
      <ChoiceField
        label={t('source.tls.label')}
        value={tls}
        options={TLS.map((one) => ({ value: one, text: t(`source.tls.${one}`) }))}
        onChange={(chosen) => onChange({ tls: chosen })}
      />
      {tls === 'verified' && (
        <label class="mm-block" for={caId}>
          <span>{t('source.ca')}</span>
          <textarea
            id={caId}
            class="mm-query"
            rows={2}
            spellcheck={false}
            value={ca}
            placeholder={PEM_BEGIN}
            onInput={(event) => onChange({ ca: event.currentTarget.value })}
          />
        </label>
      )}
    </>
  );
}
