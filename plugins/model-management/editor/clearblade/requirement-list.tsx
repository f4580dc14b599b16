import { t } from '../i18n';
import type { ClearbladeImport } from './import-client';

/** The models and libraries the pipelines name, and whether they are here. */
export function RequirementList({ requires }: { readonly requires: ClearbladeImport['requires'] }) {
  const items = [
    ...requires.models.map((model) => ({ ...model, kind: t('import.model', { name: model.name }) })),
    ...requires.libraries.map((library) => ({ ...library, kind: t('import.library', { name: library.name }) })),
  ];
  if (items.length === 0) return null;
  return (
    <section>
      <h3>{t('import.requires')}</h3>
      <ul class="mm-requirements">
        {items.map(({ kind, isPresent }) => (
          <li key={kind}>
            <i class={`fa ${isPresent ? 'fa-check' : 'fa-exclamation-triangle'}`} aria-hidden="true" /> {kind}
            {': '}
            {t(isPresent ? 'import.present' : 'import.missing')}
          </li>
        ))}
      </ul>
    </section>
  );
}
