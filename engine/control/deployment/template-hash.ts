import { deepEqual } from '../../api/json.ts'
import { hash32 } from '../../core/rng.ts'
import type { PodTemplate } from '../pods.ts'

export const HASH_LABEL = 'pod-template-hash'

/**
 * The value of label `pod-template-hash`: one number for each template, in the characters of rand.SafeEncodeString.
 * Simplified: upstream hashes Go's deep print of the struct, which cannot be had outside Go; the hash here is of the
 * template as JSON, so the characters differ from those of a real cluster, and the shape does not.
 */
export function templateHash(template: PodTemplate, collisions: number | undefined): string {
  const number = hash32(0, canonical(template) + (collisions === undefined ? '' : `#${collisions}`))
  return [...String(number)].map((digit) => SAFE[digit.charCodeAt(0) % SAFE.length]).join('')
}

const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

/** JSON with sorted keys, so that the order of a manifest's fields does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.keys(inner)
            .sort()
            .map((key) => [key, inner[key]]),
        )
      : inner,
  )
}

/** The template with the hash among its labels, as the ReplicaSet holds it. */
export function withHashLabel(template: PodTemplate, hash: string): PodTemplate {
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash }
  return { ...template, metadata: { ...template?.metadata, labels } }
}

/** Whether a ReplicaSet's template is the Deployment's, its hash label apart. Models deployment_util.go EqualIgnoreHash. */
export function sameTemplate(ofDeployment: PodTemplate, ofReplicaSet: PodTemplate): boolean {
  const { [HASH_LABEL]: _, ...labels } = ofReplicaSet?.metadata?.labels ?? {}
  const { [HASH_LABEL]: __, ...own } = ofDeployment?.metadata?.labels ?? {}
  const bare = (template: PodTemplate, kept: object) => ({
    ...template,
    metadata: { ...template?.metadata, labels: kept },
  })
  return deepEqual(bare(ofDeployment, own), bare(ofReplicaSet, labels))
}
