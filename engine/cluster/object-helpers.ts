import type { KubeObject } from '../api/types.ts'
import { daemonSetObject } from '../providers/daemonset.ts'

export { daemonSetObject as daemonSet }

/** An object with its identity in place; `rest.metadata` adds labels and annotations. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string | undefined,
  rest: Record<string, unknown>,
): KubeObject {
  const { metadata, ...fields } = rest
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}), ...(metadata as object | undefined) },
    ...fields,
  }
}
