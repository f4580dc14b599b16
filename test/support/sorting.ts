import assert from 'node:assert/strict';

type Ask = (path: string) => Promise<{ readonly status: number; readonly body: unknown; readonly text: string }>;

/** Every field of the rows of a list sorts, as the HTTP API says. @param path - of a list that has rows now */
export async function assertSortsByEveryField(ask: Ask, path: string): Promise<void> {
  const { items } = (await ask(path)).body as { readonly items: readonly object[] };
  const fields = new Set(items.flatMap((item) => Object.keys(item)));
  assert.ok(fields.size > 0, `${path} has no rows`);
  for (const field of fields) {
    const { status, text } = await ask(`${path}?sort=${field}`);
    assert.equal(status, 200, text);
  }
}
