import { nodeTexts } from '../../../plugins/model-management/editor/i18n';

/** The texts of this node, in the editor's language. */
export const nodeText = nodeTexts('retrain-trigger');
