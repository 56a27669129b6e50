/**
 * Why a record exists: the API object and, where known, the field of it that asked for the record.
 * File and line are not kept here: they are looked up from the object's provenance when somebody reads it,
 * so that an edit that moves lines changes no record. `field` is a JSON path such as `spec.ports[0].targetPort`.
 */
export interface Cause {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly field?: string
  /** Name of the cluster; absent means the first one of the world. */
  readonly cluster?: string
}

/** What every record that somebody programmed says about its author. */
export interface Owned {
  /** The daemon or tool that wrote the row: `kube-proxy`, `flanneld`, `cni:bridge`, `kernel`, `by hand`. */
  readonly owner?: string
  readonly cause?: Cause
}
