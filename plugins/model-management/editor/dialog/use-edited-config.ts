import { useCallback, useRef, useState } from 'preact/hooks';
import type { DialogProps } from './node-dialog';

export interface Edited<Config> {
  readonly config: Config;
  /** The same function for as long as the dialog is open. */
  readonly change: (more: Partial<Config>) => void;
}

/** What is stored with what was changed so far. */
export function useEditedConfig<Config extends object>({ stored, onChange }: DialogProps<Config>): Edited<Config> {
  const [changes, setChanges] = useState<Partial<Config>>({});
  const last = useRef(changes);
  const change = useCallback((more: Partial<Config>) => {
    last.current = { ...last.current, ...more };
    setChanges(last.current);
    onChange(last.current);
  }, []);
  return { config: { ...stored, ...changes }, change };
}
