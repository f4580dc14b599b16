import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import type { Library } from './contract';

type Shown = Library['state'] | 'builtIn';

/** One shape per state, so that it can be told without colour. */
const ICON: Record<Shown, string> = { ready: 'fa-circle', failed: 'fa-exclamation-triangle', builtIn: 'fa-lock' };

export function LibrarySign({ library: { state, builtIn } }: { readonly library: Library }) {
  const shown: Shown = state === 'ready' && builtIn ? 'builtIn' : state;
  return <StateSign kind={shown} icon={ICON[shown]} word={t(`library.state.${shown}`)} />;
}
