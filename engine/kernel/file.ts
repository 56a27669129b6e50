import type { Owned } from '../core/cause.ts'
import type { Tx, WorldReader } from '../core/world.ts'
import type { FileRow } from './tables.ts'

/** Files of a host (scope: host id) or of a pod's own mounts (scope: netns id). Only whole files are read and written. */
export const fileId = (scope: string, path: string): string => `${scope}|${path}`

/** Directory part of a path, without the slash at its end. */
export const dirOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

export function readFile(tx: Pick<WorldReader, 'get'>, scope: string, path: string): string | undefined {
  return tx.get('file', fileId(scope, path))?.text
}

/** Writes a file; one that holds this text already, by this author, is left alone. */
export function writeFile(tx: Tx, scope: string, path: string, text: string, by: Owned): void {
  const id = fileId(scope, path)
  const old = tx.get('file', id)
  if (old && old.text === text && old.owner === by.owner && JSON.stringify(old.cause) === JSON.stringify(by.cause))
    return
  tx.put('file', {
    id,
    scope,
    path,
    text,
    ...(by.owner ? { owner: by.owner } : {}),
    ...(by.cause ? { cause: by.cause } : {}),
  })
}

/** True if there was one. */
export function removeFile(tx: Tx, scope: string, path: string): boolean {
  const id = fileId(scope, path)
  const there = tx.get('file', id) !== undefined
  if (there) tx.delete('file', id)
  return there
}

/** Files directly in a directory, by name. */
export function listDir(tx: WorldReader, scope: string, dir: string): readonly FileRow[] {
  return tx.by('file', 'dir', fileId(scope, dir))
}
