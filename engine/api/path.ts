/**
 * JSON paths as the API server prints them: `spec.ports[0].port`, `metadata.labels[app.kubernetes.io/name]`.
 * The empty path is the whole object.
 */

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/

/** The path of a key in the object at `base`. */
export function keyPath(base: string, key: string): string {
  if (!PLAIN_KEY.test(key)) return `${base}[${key}]`
  return base === '' ? key : `${base}.${key}`
}

/** The path of an item in the list at `base`. */
export const itemPath = (base: string, index: number): string => `${base}[${index}]`

/** The path without its last segment; undefined for the whole object. */
export function parentPath(path: string): string | undefined {
  if (path === '') return undefined
  if (path.endsWith(']')) {
    const open = path.lastIndexOf('[')
    return path.slice(0, Math.max(0, open))
  }
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

/** `spec`, `ports`, `0`, `port` of `spec.ports[0].port`. */
export function segmentsOf(path: string): string[] {
  const segments: string[] = []
  for (const match of path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)) segments.push(match[1] ?? match[2])
  return segments
}

/** The same path in the spelling of `keyPath`: quotes around keys in brackets are dropped, plain keys lose brackets. */
export function canonicalPath(path: string): string {
  let result = ''
  for (const match of path.matchAll(/\[["']?([^\]"']*)["']?\]|([^.[\]]+)/g)) {
    const segment = match[1] ?? match[2]
    result =
      match[1] !== undefined && /^\d+$/.test(segment) ? itemPath(result, Number(segment)) : keyPath(result, segment)
  }
  return result
}

/** The path joined to another one that lies below it. */
export function joinPaths(base: string, rest: string): string {
  if (base === '' || rest === '') return base + rest
  return rest.startsWith('[') ? base + rest : `${base}.${rest}`
}

/** What remains of `path` below `base`; undefined if it does not lie there. */
export function below(base: string, path: string): string | undefined {
  if (base === '') return path
  if (!path.startsWith(base)) return undefined
  const rest = path.slice(base.length)
  if (rest === '' || rest.startsWith('[')) return rest
  return rest.startsWith('.') ? rest.slice(1) : undefined
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value
  for (const segment of segmentsOf(path)) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.hasOwn(at, segment) ? (at as Record<string, unknown>)[segment] : undefined
  }
  return at
}
