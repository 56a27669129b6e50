import type { SourceFile } from '../../engine/index.ts'

/** A name that no file has yet: `web.yaml`, `web-2.yaml`, ... */
export function freeName(wanted: string, files: readonly SourceFile[]): string {
  const clean = wanted.replace(/[\\/]/g, '-').trim() || 'untitled.yaml'
  const taken = new Set(files.map(({ name }) => name))
  if (!taken.has(clean)) return clean
  const [, stem, end] = /^(.*?)(\.[^.]*)?$/.exec(clean) ?? [clean, clean, '']
  for (let n = 2; ; n++) {
    const name = `${stem}-${n}${end ?? ''}`
    if (!taken.has(name)) return name
  }
}

/** The files with some more, each under a name of its own. Also returns the names that they got. */
export function withFiles(
  files: readonly SourceFile[],
  more: readonly SourceFile[],
): { readonly files: SourceFile[]; readonly names: string[] } {
  const all = [...files]
  const names = more.map(({ name, text }) => {
    const free = freeName(name, all)
    all.push({ name: free, text })
    return free
  })
  return { files: all, names }
}

/** Whether a text that was pasted onto the page is worth a tab: a manifest, not a word. */
export function looksLikeManifest(text: string): boolean {
  return /^\s*["']?(apiVersion|kind)["']?\s*:/m.test(text) || /^\s*[{[]/.test(text)
}
