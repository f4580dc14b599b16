import { useState } from 'preact/hooks';
import { DeleteQuestion } from '../../delete-question';
import { t } from '../../i18n';
import { Toggle } from '../../toggle';
import { deleteSource } from '../collection-client';
import type { SourceView } from '../contract';
import { mayWriteRows } from '../rights';
import { SourceForm } from './source-form';

const NEW = '';

/** Other databases that queries may read; those of settings.js are shown, the rest is entered here. */
export function SourceList({
  sources,
  onChanged,
}: {
  readonly sources: readonly SourceView[];
  readonly onChanged: () => void;
}) {
  const [open, setOpen] = useState<string>();
  const [works, setWorks] = useState<string>();
  const others = sources.filter(({ origin }) => origin !== 'builtIn');
  const mayWrite = mayWriteRows();
  const toggle = (name: string): void => {
    setWorks(undefined);
    setOpen(open === name ? undefined : name);
  };
  const done = (name: string): void => {
    setWorks(name);
    setOpen(undefined);
  };
  return (
    <section>
      <h3>{t('source.title')}</h3>
      {others.length === 0 && <p class="mm-empty">{t('source.none')}</p>}
      <ul class="mm-list" aria-label={t('source.title')}>
        {others.map((source) => (
          <li key={source.name}>
            <SourceRow source={source} isOpen={open === source.name} onToggle={() => toggle(source.name)} />
            {open === source.name && mayWrite && source.origin === 'stored' && (
              <div class="mm-collection">
                <SourceForm source={source} taken={[]} onStored={onChanged} onWorks={done} />
                <DeleteSource
                  name={source.name}
                  onGone={() => {
                    setOpen(undefined);
                    onChanged();
                  }}
                />
              </div>
            )}
          </li>
        ))}
      </ul>
      <p class="mm-sub" role="status">
        {works !== undefined && t('source.works', { name: works })}
      </p>
      {mayWrite && (
        <div class="mm-buttons">
          <Toggle open={open === NEW} text={t('source.add')} onClick={() => toggle(NEW)} />
        </div>
      )}
      {open === NEW && <SourceForm taken={sources.map(({ name }) => name)} onStored={onChanged} onWorks={done} />}
    </section>
  );
}

function SourceRow({
  source: { name, origin, host, port, database, usedBy },
  isOpen,
  onToggle,
}: {
  readonly source: SourceView;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  const place = origin === 'settings' ? t('source.inSettings') : `${host}:${port}/${database}`;
  const users =
    usedBy.length > 0 ? ` · ${t('collection.usedBy', { jobs: usedBy.map((use) => use.name).join(', ') })}` : '';
  const words = (
    <>
      <span class="mm-row-name">{name}</span>
      <span class="mm-row-usage">{`PostgreSQL · ${place}${users}`}</span>
    </>
  );
  if (origin === 'settings' || !mayWriteRows()) {
    return (
      <div class="mm-row mm-job-row">
        <i class="fa fa-database" aria-hidden="true" />
        {words}
      </div>
    );
  }
  return (
    <button type="button" class="mm-row mm-job-row" aria-expanded={isOpen} onClick={onToggle}>
      <i class={`fa ${isOpen ? 'fa-caret-down' : 'fa-caret-right'}`} aria-hidden="true" />
      {words}
    </button>
  );
}

function DeleteSource({ name, onGone }: { readonly name: string; readonly onGone: () => void }) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <div class="mm-buttons">
        <Toggle open={isAsking} text={t('action.deleteModel')} onClick={() => setIsAsking(!isAsking)} />
      </div>
      {isAsking && (
        <DeleteQuestion
          confirm={t('delete.confirmModel', { name })}
          inUse={t('collection.inUse', { name })}
          canForce={false}
          remove={(_force, signal) => deleteSource(name, signal)}
          onGone={onGone}
          onClose={() => setIsAsking(false)}
        >
          <p>{t('source.deleteEffect')}</p>
        </DeleteQuestion>
      )}
    </>
  );
}
