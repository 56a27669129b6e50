import type { ObjectRow } from '../api/types.ts'

/** Work queue keys of namespaced objects, as client-go's MetaNamespaceKeyFunc writes them: `namespace/name`. */
export function keyOf(row: { readonly namespace: string; readonly name: string }): string {
  return `${row.namespace}/${row.name}`
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const at = key.indexOf('/')
  return { namespace: key.slice(0, at), name: key.slice(at + 1) }
}

/** `Kind/namespace/name`, as notes and findings name an object. */
export function nameOfRow(row: ObjectRow): string {
  return `${row.kind}/${row.namespace}/${row.name}`
}
