import { useState } from 'preact/hooks';
import { Age } from '../age';
import type { Health, Model } from '../contract';
import { EditModel } from '../edit/edit-model';
import { t, tCount } from '../i18n';
import { modelState } from '../models/model-state';
import { StateDot } from '../models/state-dot';
import { mayWrite } from '../rights';
import { TagList } from '../tags';
import { Toggle } from '../toggle';
import { UploadForm } from '../upload/upload-form';
import { TryIt } from './try-it';
import { UsageList } from './usage-list';

type Section = 'try' | 'upload' | 'usage' | 'edit';

export function ModelHeader({
  model,
  health,
  onChanged,
}: {
  readonly model: Model;
  readonly health: Health | undefined;
  readonly onChanged: () => void;
}) {
  const [open, setOpen] = useState<Section>();
  const toggle = (section: Section): void => setOpen(open === section ? undefined : section);
  const { deployed } = model.aliases;
  // Before the machine told what runs, a word on it would have to be taken back.
  const state = health && modelState(model, health);
  return (
    <>
      <header class="mm-head">
        <div>
          <h2>
            {state && <StateDot state={state} />} {model.name}
          </h2>
          <p class="mm-sub">
            {deployed ? t('tray.deployed', { version: deployed }) : t('version.none')}
            {model.latestVersion !== null && ` · ${t('tray.latest', { version: model.latestVersion })}`}
            {state && ` · ${t(`state.${state}`)}`}
          </p>
          {model.description && <p class="mm-description">{model.description}</p>}
          <TagList tags={model.tags} />
          <p class="mm-sub">
            {t('tray.created')} <Age at={model.createdAt} /> · {t('tray.changed')} <Age at={model.updatedAt} />
          </p>
        </div>
        <div class="mm-buttons">
          {model.versions.length > 0 && (
            <Toggle open={open === 'try'} text={t('action.tryIt')} onClick={() => toggle('try')} />
          )}
          {mayWrite() && (
            <>
              <Toggle open={open === 'upload'} text={t('action.newVersion')} onClick={() => toggle('upload')} />
              <Toggle
                open={open === 'edit'}
                text={t('edit.button')}
                label={t('edit.model', { name: model.name })}
                onClick={() => toggle('edit')}
              />
            </>
          )}
        </div>
      </header>
      <p class="mm-sub">
        {model.usedBy.length === 0 ? t('usage.none') : tCount('usage.places', model.usedBy.length)}{' '}
        {model.usedBy.length > 0 && (
          <button type="button" class="mm-link" aria-expanded={open === 'usage'} onClick={() => toggle('usage')}>
            {t('usage.show')}
          </button>
        )}
      </p>
      {open === 'edit' && <EditModel model={model} onDone={onChanged} onClose={() => setOpen(undefined)} />}
      {open === 'usage' && <UsageList usedBy={model.usedBy} nodes={health?.nodes ?? []} />}
      {open === 'try' && (
        <TryIt model={model.name} version={deployed ?? model.latestVersion ?? 1} versions={model.versions} />
      )}
      {open === 'upload' && (
        <UploadForm models={[model]} model={model.name} onStored={onChanged} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}
