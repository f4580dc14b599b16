import { t, tCount } from '../i18n';
import type { ClearbladeImport } from './import-client';

/** Stays in the editor's corner until it is read: what to do before the imported flows work. */
export function sayNextSteps({ flows, requires }: ClearbladeImport): void {
  const absent = (items: ClearbladeImport['requires']['models']): string =>
    items.flatMap(({ name, isPresent }) => (isPresent ? [] : [name])).join(', ');
  const [models, libraries] = [absent(requires.models), absent(requires.libraries)];
  const steps = [
    ...(models ? [t('import.next.models', { names: models })] : []),
    ...(libraries ? [t('import.next.libraries', { names: libraries })] : []),
    t('import.next.deploy'),
  ];
  const box = document.createElement('div');
  const head = box.appendChild(document.createElement('p'));
  head.textContent = tCount('import.done', flows.filter(({ type }) => type === 'tab').length);
  const list = box.appendChild(document.createElement('ol'));
  for (const step of steps) list.appendChild(document.createElement('li')).textContent = step;
  const notice = RED.notify(box, {
    type: 'success',
    fixed: true,
    buttons: [{ text: t('action.close'), click: () => notice.close() }],
  });
}
