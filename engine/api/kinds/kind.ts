import type { WorldReader } from '../../core/world.ts'
import type { FieldError } from '../field-error.ts'
import type { KubeObject } from '../types.ts'
import type { Schema } from './schema.ts'

/** What the API server knows of a kind. */
export interface KindDef {
  readonly kind: string
  /** API group, empty for core. */
  readonly group: string
  /** The version that the pinned release serves. */
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly namespaced: boolean
  /** Whether something in the simulation acts on it. False: stored and reported as "stored, not modelled". */
  readonly acts: boolean
  /** Whether `metadata.generation` counts changes of the desired state. */
  readonly generation: boolean
  readonly doc: string
  /** Top-level fields beside apiVersion, kind and metadata. Absent: anything goes. */
  readonly fields?: Readonly<Record<string, Schema>>
  /** How names are spelled. */
  readonly nameFormat: 'dns-subdomain' | 'dns-label' | 'dns-1035' | 'path'
  /** Defaults that depend on more than one field. Returns the same object if there is nothing to add. */
  readonly prepare?: (
    object: KubeObject,
    given: { readonly isNew: boolean; readonly before?: KubeObject },
  ) => KubeObject
  /** Rules that need the whole object. */
  readonly validate?: (object: KubeObject) => readonly FieldError[]
  /** Rules about what may change. */
  readonly validateUpdate?: (object: KubeObject, before: KubeObject) => readonly FieldError[]
  /** Values that the API server hands out (addresses, ports). `errors` refuse the write. */
  readonly allocate?: (
    object: KubeObject,
    where: Allocation,
  ) => { readonly object: KubeObject; readonly errors: readonly FieldError[] }
}

/** What allocators read: the world, whose objects hold everything that is taken. */
export interface Allocation {
  readonly reader: WorldReader
  readonly cluster: string
  readonly seed: number
  /** The object as it was before an update. */
  readonly before?: KubeObject
}
