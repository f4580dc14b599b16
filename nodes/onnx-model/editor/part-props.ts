import type { ConfigChanges, EditedConfig } from './stored-config';

/** How every part of the dialog gets and gives its values. */
export interface PartProps {
  readonly config: EditedConfig;
  readonly change: (changes: ConfigChanges) => void;
}
