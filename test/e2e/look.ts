import { assertAccessible, themes, useTheme } from './accessibility';
import type { Editor } from './editor';

/** Takes pictures of what is open, light and dark, and checks that everybody can use it. @param what - it, in words */
export async function lookAt(editor: Editor, name: string, what: string): Promise<void> {
  for (const theme of themes) {
    await useTheme(editor.page, theme);
    await editor.picture(`${name}-${theme}`);
  }
  await assertAccessible(editor.page, what);
}
