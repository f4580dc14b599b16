import { useId } from 'preact/hooks';
import { Age } from '../../age';
import { formatMoment } from '../../format';
import { t, tCount } from '../../i18n';
import { useResource } from '../../live';
import { useSettled } from '../../use-settled';
import { ChoiceField } from '../../widgets/choice-field';
import { NumberField } from '../../widgets/number-field';
import { previewSchedule } from '../job-client';
import { scheduleWords } from '../schedule-words';
import type { ScheduleDraft } from './job-draft';

const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;
type Unit = (typeof UNITS)[number];
type Kind = 'none' | 'day' | 'week' | 'custom' | 'cron';
const MINUTE_MS = 60_000;
const KINDS: readonly Kind[] = ['none', 'day', 'week', 'custom', 'cron'];

const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function kindOf(schedule: ScheduleDraft): Kind {
  if (!schedule) return 'none';
  if (schedule.kind === 'cron') return 'cron';
  return schedule.every === 1 && (schedule.unit === 'day' || schedule.unit === 'week') ? schedule.unit : 'custom';
}

function scheduleOf(kind: Kind, before: ScheduleDraft): ScheduleDraft {
  const timing = { timeZone: before?.timeZone ?? zoneHere(), jitterMs: before?.jitterMs ?? 0 };
  if (kind === 'none') return null;
  if (kind === 'cron') return { kind: 'cron', expression: '0 2 * * *', ...timing };
  if (kind === 'custom') return { kind: 'interval', every: 6, unit: 'hour', ...timing };
  return { kind: 'interval', every: 1, unit: kind, at: '02:00', ...timing };
}

/** When the job runs by itself, in words and in the next five times. */
export function ScheduleField({
  schedule,
  onChange,
}: {
  readonly schedule: ScheduleDraft;
  readonly onChange: (schedule: ScheduleDraft) => void;
}) {
  const kind = kindOf(schedule);
  const zoneId = useId();
  return (
    <section class="mm-form">
      <ChoiceField
        label={t('schedule.label')}
        value={kind}
        options={KINDS.map((one) => ({ value: one, text: t(`schedule.kind.${one}`) }))}
        onChange={(chosen) => onChange(scheduleOf(chosen, schedule))}
      />
      {schedule && <Timing schedule={schedule} onChange={onChange} />}
      {schedule && (
        <label for={zoneId}>
          <span>{t('schedule.zone')}</span>
          <input
            id={zoneId}
            type="text"
            value={schedule.timeZone}
            spellcheck={false}
            onInput={(event) => onChange({ ...schedule, timeZone: event.currentTarget.value })}
          />
        </label>
      )}
      {schedule && (
        <NumberField
          label={t('schedule.jitter')}
          value={schedule.jitterMs / MINUTE_MS}
          unit="min"
          min={0}
          onChange={(minutes) => onChange({ ...schedule, jitterMs: Math.round((minutes ?? 0) * MINUTE_MS) })}
        />
      )}
      {schedule && <Preview schedule={schedule} />}
    </section>
  );
}

type Given = NonNullable<ScheduleDraft>;

function Timing({ schedule, onChange }: { readonly schedule: Given; readonly onChange: (schedule: Given) => void }) {
  const ids = { at: useId(), cron: useId() };
  if (schedule.kind === 'cron') {
    return (
      <label for={ids.cron}>
        <span>{t('schedule.expression')}</span>
        <input
          id={ids.cron}
          type="text"
          value={schedule.expression}
          spellcheck={false}
          onInput={(event) => onChange({ ...schedule, expression: event.currentTarget.value })}
        />
      </label>
    );
  }
  const isLong = !['second', 'minute', 'hour'].includes(schedule.unit);
  const { at: _at, ...without } = schedule;
  return (
    <>
      {kindOf(schedule) === 'custom' && (
        <div class="mm-line">
          <NumberField
            label={t('schedule.every.label')}
            value={schedule.every}
            min={1}
            isWhole
            isNeeded
            onChange={(every) => every !== undefined && onChange({ ...schedule, every })}
          />
          <select
            aria-label={t('schedule.unit.label')}
            value={schedule.unit}
            onChange={({ currentTarget: { value } }) => {
              const unit: Unit = UNITS.find((one) => one === value) ?? 'hour';
              onChange({ ...without, unit });
            }}
          >
            {UNITS.map((unit) => (
              <option key={unit} value={unit}>
                {t(`schedule.unit.${unit}`)}
              </option>
            ))}
          </select>
        </div>
      )}
      {isLong && (
        <label for={ids.at}>
          <span>{t('schedule.time')}</span>
          <input
            id={ids.at}
            type="time"
            value={schedule.at ?? ''}
            onInput={({ currentTarget: { value } }) => onChange(value === '' ? without : { ...schedule, at: value })}
          />
        </label>
      )}
    </>
  );
}

function Preview({ schedule }: { readonly schedule: Given }) {
  const settled = useSettled(JSON.stringify(schedule));
  const { data, error } = useResource((signal) => previewSchedule(JSON.parse(settled), signal), [settled]);
  const language = RED.i18n.lang();
  if (error)
    return (
      <p class="mm-hint" role="alert">
        {error.message}
      </p>
    );
  return (
    <div class="mm-hint" role="status">
      {scheduleWords(schedule)}
      {data && data.next.length > 0 && (
        <ol class="mm-plain" aria-label={tCount('schedule.next', data.next.length)}>
          {data.next.map((at) => (
            <li key={at}>
              {formatMoment(at, language)} (<Age at={at} />)
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
